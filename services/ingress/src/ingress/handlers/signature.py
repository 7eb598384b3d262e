"""Proves that a body comes from WhatsApp (Meta: webhooks/create-webhook-endpoint)."""

import hashlib
import hmac

HEADER = "x-hub-signature-256"
_SCHEME = "sha256="


def matches(secret: bytes, body: bytes, header: str | None) -> bool:
    """Say in constant time whether the header signs exactly these bytes."""
    if header is None or not header.startswith(_SCHEME):
        return False
    expected = hmac.new(secret, body, hashlib.sha256).hexdigest()
    given = header.removeprefix(_SCHEME).lower()
    return hmac.compare_digest(expected.encode(), given.encode())
