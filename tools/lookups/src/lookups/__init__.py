"""Answers what flows look up, from a table in YAML: an example for other teams' services."""
