"""The front door: the two requests that WhatsApp makes."""

from ingress.handlers.webhook_api import Door, webhook_api

__all__ = ["Door", "webhook_api"]
