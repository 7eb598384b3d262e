"""One installation of session-core for tests: real processes, wires that break, and a model."""
