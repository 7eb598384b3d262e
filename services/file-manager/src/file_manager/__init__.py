"""TODO file_manager."""
