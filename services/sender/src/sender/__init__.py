"""TODO sender."""
