"""TODO session_core."""
