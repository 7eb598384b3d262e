"""TLS by files that may be renewed while we run."""

import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog
from pydantic import SecretStr

_log = structlog.get_logger(__name__)


class UnusableFiles(Exception):
    """The files do not make up what TLS needs; the text says why, and holds no secret."""


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """What to trust and who we are, all PEM; without `ca` the system's CAs are trusted."""

    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    key_password: SecretStr | None = None

    def context(self) -> ssl.SSLContext:
        """Make a context that checks names. Raises UnusableFiles."""
        context = _Context(ssl.PROTOCOL_TLS_CLIENT)
        context.use(self)
        return context

    def stamp(self) -> tuple[tuple[int, int, int], ...]:
        """Give what differs once a file was replaced. Raises UnusableFiles."""
        stamps = []
        for path in filter(None, (self.ca, self.certificate, self.key)):
            try:
                state = path.stat()
            except OSError as error:
                raise UnusableFiles(f"{path} cannot be read: {error.strerror}") from None
            stamps.append((state.st_ino, state.st_mtime_ns, state.st_size))
        return tuple(stamps)

    def load_into(self, context: ssl.SSLContext) -> None:
        """Let a context go by these files. Raises UnusableFiles."""
        if self.ca is None:
            context.load_default_certs(ssl.Purpose.SERVER_AUTH)
        else:
            _trust(context, self.ca)
        if self.certificate is not None:
            self._show(context, self.certificate)

    def _show(self, context: ssl.SSLContext, certificate: Path) -> None:
        password = self.key_password.get_secret_value() if self.key_password else ""
        for path in filter(None, (certificate, self.key)):
            _readable(path)
        try:
            # Without a function OpenSSL would ask the terminal for the password.
            context.load_cert_chain(certificate, self.key, lambda: password)
        except (ssl.SSLError, ValueError) as error:  # a password of more than 1,024 letters
            raise UnusableFiles(_unusable(certificate, self.key, error)) from None


class _Context(ssl.SSLContext):
    """Looks at its files for each connection: renewed ones count from the next one on.

    A CA that was taken out of its file stays trusted until the process ends.
    """

    _files = TlsFiles()
    _stamp: tuple[tuple[int, int, int], ...] = ()

    def use(self, files: TlsFiles) -> None:
        """Go by these files. Raises UnusableFiles."""
        self._files, self._stamp = files, files.stamp()
        files.load_into(self)

    def wrap_bio(self, *args: Any, **kw: Any) -> ssl.SSLObject:
        """Begin a connection."""
        try:
            self._renew()
        except UnusableFiles as problem:
            _log.warning("renewed TLS files are of no use, the former ones go on", reason=problem)
        return super().wrap_bio(*args, **kw)

    def _renew(self) -> None:
        stamp = self._files.stamp()
        if stamp != self._stamp:
            self._files.load_into(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))  # all of it, or nothing
            self._files.load_into(self)
            self._stamp = stamp
            _log.info("renewed TLS files were read")


def _trust(context: ssl.SSLContext, ca: Path) -> None:
    _readable(ca)
    try:
        context.load_verify_locations(cafile=ca)
    except ssl.SSLError:
        raise UnusableFiles(f"{ca} holds no certificate in PEM") from None


def _readable(path: Path) -> None:
    try:
        path.open("rb").close()
    except OSError as error:
        raise UnusableFiles(f"{path} cannot be read: {error.strerror}") from None


def _unusable(certificate: Path, key: Path | None, error: Exception) -> str:
    where = key or certificate
    match getattr(error, "reason", None):
        case "KEY_VALUES_MISMATCH" | "KEY_TYPE_MISMATCH":
            return f"{where} is not the key of {certificate}"
        case "NO_START_LINE":
            return f"{certificate} holds no certificate in PEM, or {where} no key"
        case _:
            return f"{where} cannot be opened: no key in PEM, or another password"
