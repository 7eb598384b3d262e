"""The front door: records of session-commands in, batches to be settled."""
