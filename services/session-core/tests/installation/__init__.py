"""What tests of session-core share: installations, real processes, wires that break, a model."""
