"""Ids as the platform makes them: opaque to everybody else."""

import base64
import hashlib
import secrets


def new_wamid(phone: str, *, from_person: bool) -> str:
    """Return a fresh message id. Like Meta's it encodes the phone number: it is personal data."""
    number = phone.encode()
    side = b"\x12\x18" if from_person else b"\x11\x18"
    unique = secrets.token_hex(10).upper().encode()
    parts = (b"\x1c\x18", bytes([len(number)]), number, b"\x15\x02\x00", side)
    content = b"".join((*parts, bytes([len(unique)]), unique, b"\x00"))
    return "wamid." + base64.b64encode(content).decode()


def new_media_id() -> str:
    """Return a fresh media id: a long decimal number, as Meta's are."""
    return str(10**15 + secrets.randbelow(9 * 10**15))


def new_trace_id() -> str:
    """Return a fresh `fbtrace_id`."""
    return "A" + secrets.token_urlsafe(16)


def user_id_of(wa_id: str) -> str:
    """Return the business-scoped user id of a person: always the same for the same number."""
    digest = hashlib.sha256(wa_id.encode()).hexdigest()
    return f"US.{int(digest[:15], 16):018d}"
