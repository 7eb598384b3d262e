"""Signatures by Standard Webhooks 1.0: what a receiver needs to know that it was us."""

import hmac
from base64 import b64decode, b64encode

PREFIX = "whsec_"
SHORTEST, LONGEST = 24, 64
"""Bytes of a secret (Standard Webhooks, "Symmetric signatures")."""


def signing_key(secret: str) -> bytes:
    """Return the key within a `whsec_…` secret. Raises ValueError without a word of the secret."""
    if not secret.startswith(PREFIX):
        raise ValueError(f"must begin with {PREFIX}")
    try:
        key = b64decode(secret.removeprefix(PREFIX), validate=True)
    except ValueError:
        raise ValueError(f"must be base64 after {PREFIX}") from None
    if not SHORTEST <= len(key) <= LONGEST:
        raise ValueError(f"must hold {SHORTEST} to {LONGEST} bytes")
    return key


def sign(key: bytes, *, webhook_id: str, timestamp: int, body: bytes) -> str:
    """Return the `webhook-signature` of exactly these bytes, sent at `timestamp` (Unix seconds)."""
    signed = f"{webhook_id}.{timestamp}.".encode() + body
    return "v1," + b64encode(hmac.digest(key, signed, "sha256")).decode()
