"""Brings the replies to the people, through the WhatsApp Cloud API."""
