"""What the address of PostgreSQL says of TLS, checked before anybody is called."""

from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from pydantic import SecretStr

from streaming.tls import TlsFiles, UnusableFiles

_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
_CHECKED = ("verify-ca", "verify-full")


def complaint(address: str) -> str | None:
    """Say in words without secrets what cannot work; None if nothing is known to be wrong."""
    given = dict(parse_qsl(urlsplit(address).query))
    mode = given.get("sslmode", "prefer")
    if mode not in _MODES:
        return f"sslmode is none of {', '.join(_MODES)}"
    if mode in _CHECKED and "sslrootcert" not in given:
        return f"sslmode={mode} needs sslrootcert, the file of the CA"
    if given.get("sslrootcert") == "system":
        return "sslrootcert names a file; the system's CAs have one, too (ca-certificates.crt)"
    try:
        _files(given).context()
    except UnusableFiles as problem:
        return str(problem)
    return None


def _files(given: dict[str, str]) -> TlsFiles:
    password = given.get("sslpassword")
    return TlsFiles(
        _path(given.get("sslrootcert")),
        _path(given.get("sslcert")),
        _path(given.get("sslkey")),
        None if password is None else SecretStr(password),
    )


def _path(given: str | None) -> Path | None:
    return Path(given) if given else None
