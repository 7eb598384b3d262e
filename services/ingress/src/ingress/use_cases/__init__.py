"""From the bytes of a webhook to commands that are durably kept."""
