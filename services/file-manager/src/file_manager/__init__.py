"""Brings the files that people send from WhatsApp to S3, checked, and says what became of them."""
