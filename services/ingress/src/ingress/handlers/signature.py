"""Proves that a body comes from WhatsApp (Meta: webhooks/create-webhook-endpoint)."""

import hmac
from collections.abc import Iterable

HEADER = b"x-hub-signature-256"
_SCHEME = b"sha256="


class Signatures:
    """Of bytes that are signed with one of the secrets."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._keyed = [hmac.new(secret.encode(), digestmod="sha256") for secret in secrets]

    def prove(self, body: bytes, header: bytes | None) -> bool:
        """Say whether the header signs exactly these bytes.

        How long it takes tells at most with which of the secrets, nothing about any.
        """
        if header is None or not header.startswith(_SCHEME):
            return False
        given = header.removeprefix(_SCHEME).lower()
        return any(hmac.compare_digest(_digest(keyed, body), given) for keyed in self._keyed)


def _digest(keyed: hmac.HMAC, body: bytes) -> bytes:
    digest = keyed.copy()  # the key is taken in once
    digest.update(body)
    return digest.hexdigest().encode()
