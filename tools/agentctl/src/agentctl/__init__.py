"""What operators do from a terminal."""
