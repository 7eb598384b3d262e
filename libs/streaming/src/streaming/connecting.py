"""Why no connection could be made, in words for whoever has to mend it."""

import errno
import socket
import ssl
from collections.abc import Iterator

_NOT_TRUSTED = "its certificate is signed by no CA that we trust"
_OTHER_NAME = "its certificate is not made out to the name by which we call it"
_BY_VERIFICATION = {
    9: "its certificate is not valid yet, or our clock is slow",
    10: "its certificate has expired",
    18: _NOT_TRUSTED,
    19: _NOT_TRUSTED,
    20: _NOT_TRUSTED,
    21: _NOT_TRUSTED,
    23: "its certificate was revoked",
    62: _OTHER_NAME,
    64: _OTHER_NAME,
}
"""By the codes of OpenSSL's X509_V_ERR_*."""

_NONE_SHOWN = "it wants a certificate of ours, and was shown none"
_NO_TLS = "it speaks no TLS at this port"
_BY_ALERT = {
    "CERTIFICATE_REQUIRED": _NONE_SHOWN,
    "BAD_CERTIFICATE": "it does not take our certificate, or wants one and was shown none",
    "CERTIFICATE_EXPIRED": "our certificate has expired, it says",
    "CERTIFICATE_REVOKED": "our certificate was revoked, it says",
    "CERTIFICATE_UNKNOWN": "it does not take our certificate: expired, or not from its CA",
    "UNKNOWN_CA": "our certificate is signed by no CA that it trusts",
    "PROTOCOL_VERSION": "it and we have no version of TLS in common",
    "HANDSHAKE_FAILURE": "it and we could not agree on TLS, or it wants a certificate of ours",
}
"""By what the other side told us before it hung up."""
_BY_REASON = {
    "WRONG_VERSION_NUMBER": _NO_TLS,
    "RECORD_LAYER_FAILURE": _NO_TLS,
    "PACKET_LENGTH_TOO_LONG": _NO_TLS,
    "UNEXPECTED_EOF_WHILE_READING": "it hung up before TLS was agreed on",
}
_REFUSED = f"[Errno {errno.ECONNREFUSED}]"


def because(error: BaseException) -> str:
    """Say what keeps us from the other side, or it from us; holds nothing but words of ours."""
    for one in _chain(error):
        match one:
            case ssl.SSLCertVerificationError(verify_code=code):  # aiohttp has some without
                return _BY_VERIFICATION.get(code, f"its certificate: {one.verify_message}")
            case ssl.SSLError(reason=str(reason)):
                return _told(reason)
            case socket.gaierror():
                return "there is no host of that name, as far as this machine knows"
            case ConnectionRefusedError():
                return "nobody listens there"
            case OSError() if _REFUSED in str(one):  # by each of several addresses
                return "nobody listens there"
            case ConnectionResetError() | BrokenPipeError():
                return "it hung up"
            case TimeoutError():
                return "it does not answer"
            case _:
                continue
    return type(error).__name__


def _told(reason: str) -> str:
    alert = reason.rpartition("_ALERT_")[2]
    return _BY_ALERT.get(alert) or _BY_REASON.get(reason) or f"no TLS with it: {reason}"


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Give the error and what led to it, as far as that was kept."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__
