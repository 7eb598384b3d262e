"""Decides: commands in, events out, an event store in PostgreSQL between."""
