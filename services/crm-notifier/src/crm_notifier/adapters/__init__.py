"""The CRMs that this service can talk to."""
