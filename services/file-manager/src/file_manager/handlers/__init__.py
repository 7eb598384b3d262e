"""What comes in: events about files and people, the hours of the janitor, and who wants a link."""

SERVICE = "file-manager"
"""Its name, and that of its consumer group."""
