"""Proves that a body comes from WhatsApp (Meta: webhooks/create-webhook-endpoint)."""

import hmac
from collections.abc import Iterable

HEADER = b"x-hub-signature-256"
_SCHEME = "sha256="


def matches(secrets: Iterable[bytes], body: bytes, header: str | None) -> bool:
    """Say whether the header signs exactly these bytes with one of the secrets.

    How long it takes tells at most which of them it is, nothing about any.
    """
    if header is None or not header.startswith(_SCHEME):
        return False
    given = header.removeprefix(_SCHEME).lower().encode()
    return any(hmac.compare_digest(_digest(secret, body), given) for secret in secrets)


def _digest(secret: bytes, body: bytes) -> bytes:
    return hmac.digest(secret, body, "sha256").hex().encode()
