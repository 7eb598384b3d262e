"""Tell a CRM of what it is to know."""
