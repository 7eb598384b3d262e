"""The language of the WhatsApp Agent: what is asked, what happened, and who decides."""
