"""Keeping a person's file: fetched, checked and stored, or rejected with a reason."""
