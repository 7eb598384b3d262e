"""The work: batches of commands in, decisions in memory, one append, events out in order."""
