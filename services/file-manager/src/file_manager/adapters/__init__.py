"""Where files come from and where they go: WhatsApp, S3, and memory for tests and laptops."""
