"""The front door: the two requests that WhatsApp makes."""

from ingress.handlers.webhook_api import webhook_api

__all__ = ["webhook_api"]
