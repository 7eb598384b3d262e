"""Tells the CRM what happened, and puts the outcome back as a command."""
