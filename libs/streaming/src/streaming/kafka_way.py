"""How to get into Kafka, as whoever runs it says by variables: the same for all of us."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeAlias
from urllib.parse import urlsplit

from faststream.security import (
    BaseSecurity,
    SASLOAuthBearer,
    SASLPlaintext,
    SASLScram256,
    SASLScram512,
)
from pydantic import BaseModel, BeforeValidator, ConfigDict, SecretStr, model_validator

from streaming.kafka import KafkaSettings
from streaming.refusing import refusal
from streaming.tls import TlsFiles, UnusableFiles
from streaming.tokens import TokenSource

Protocol: TypeAlias = Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]
Mechanism: TypeAlias = Literal["SCRAM-SHA-256", "SCRAM-SHA-512", "PLAIN", "OAUTHBEARER"]

_unless_empty = BeforeValidator(lambda given: None if given == "" else given)
_Text: TypeAlias = Annotated[str | None, _unless_empty]
_Secret: TypeAlias = Annotated[SecretStr | None, _unless_empty]
_File: TypeAlias = Annotated[Path | None, _unless_empty]

_TLS = ("kafka_ssl_ca_file", "kafka_ssl_cert_file", "kafka_ssl_key_file", "kafka_ssl_key_password")
_PASSWORD = ("kafka_sasl_username", "kafka_sasl_password")
_TOKEN = ("kafka_oauth_token_url", "kafka_oauth_client_id", "kafka_oauth_client_secret")
_TOKEN_MORE = ("kafka_oauth_scope", "kafka_oauth_ca_file")
_ALL = ("kafka_sasl_mechanism", *_TLS, *_PASSWORD, *_TOKEN, *_TOKEN_MORE)
_BY_PASSWORD = {
    "PLAIN": SASLPlaintext,
    "SCRAM-SHA-256": SASLScram256,
    "SCRAM-SHA-512": SASLScram512,
}
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_ONE_LINE = (*_PASSWORD, *_TOKEN, "kafka_ssl_key_password")


class KafkaWay(BaseModel):
    """Which way in: in the open, by TLS, by a certificate, a password or a token.

    An empty variable counts as none. What cannot work together is refused, what is not there yet
    is waited for later.
    """

    model_config = ConfigDict(use_attribute_docstrings=True)

    kafka_security_protocol: Protocol = "PLAINTEXT"
    """What the listener speaks: PLAINTEXT, SSL (which is TLS), SASL_SSL or SASL_PLAINTEXT."""
    kafka_sasl_mechanism: Annotated[Mechanism | None, _unless_empty] = None
    """SCRAM-SHA-512, SCRAM-SHA-256, PLAIN or OAUTHBEARER."""
    kafka_sasl_username: _Text = None
    """Who we are, by SCRAM and PLAIN."""
    kafka_sasl_password: _Secret = None
    """The password of that user."""
    kafka_ssl_ca_file: _File = None
    """Whom to trust instead of the system's CAs, in PEM."""
    kafka_ssl_cert_file: _File = None
    """Our certificate and its chain, in PEM, where Kafka asks for one."""
    kafka_ssl_key_file: _File = None
    """Its key, in PEM; it may lie in the certificate's file instead."""
    kafka_ssl_key_password: _Secret = None
    """What the key is encrypted with, if it is."""
    kafka_oauth_token_url: _Text = None
    """Where tokens are had by client credentials."""
    kafka_oauth_client_id: _Text = None
    """Who we are to the token server."""
    kafka_oauth_client_secret: _Secret = None
    """What the token server knows us by."""
    kafka_oauth_scope: _Text = None
    """What the token is asked for, if the server wants to hear."""
    kafka_oauth_ca_file: _File = None
    """Whom to trust as the token server, instead of the system's CAs."""
    kafka_allow_plaintext_credentials: bool = False
    """Let passwords and tokens travel unencrypted."""

    @classmethod
    def variable(cls, field: str) -> str:
        """Give the name of the variable that says it."""
        return field.upper()

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if wrong := list(self._wrong()):
            raise refusal("; ".join(wrong))
        return self

    def to_kafka(self, servers: str, client_id: str, topic_prefix: str) -> KafkaSettings:
        """Give what clients are made from. All that come of it share one token."""
        return KafkaSettings(servers, client_id, topic_prefix, self._security(), self._tokens())

    def _security(self) -> BaseSecurity | None:
        context = self._tls.context() if self._is_encrypted else None
        match self.kafka_sasl_mechanism:
            case None:
                return BaseSecurity(context) if context else None
            case "OAUTHBEARER":
                return SASLOAuthBearer(context)
            case by_password:
                user, password = self.kafka_sasl_username or "", _secret(self.kafka_sasl_password)
                return _BY_PASSWORD[by_password](user, password, context)

    def _tokens(self) -> TokenSource | None:
        if self.kafka_sasl_mechanism != "OAUTHBEARER":
            return None
        # Slow to import, and needed by few.
        from streaming.token_server import ClientCredentials  # noqa: PLC0415

        grant = ClientCredentials(
            url=self.kafka_oauth_token_url or "",
            client_id=self.kafka_oauth_client_id or "",
            client_secret=SecretStr(_secret(self.kafka_oauth_client_secret)),
            scope=self.kafka_oauth_scope,
            tls=TlsFiles(ca=self.kafka_oauth_ca_file).context(),
        )
        return TokenSource(grant.ask)

    @property
    def _tls(self) -> TlsFiles:
        return TlsFiles(
            self.kafka_ssl_ca_file,
            self.kafka_ssl_cert_file,
            self.kafka_ssl_key_file,
            self.kafka_ssl_key_password,
        )

    @property
    def _is_encrypted(self) -> bool:
        return self.kafka_security_protocol.endswith("SSL")

    @property
    def _names_itself(self) -> bool:
        return self.kafka_security_protocol.startswith("SASL_")

    def _wrong(self) -> Iterator[str]:
        if self._names_itself and self.kafka_sasl_mechanism is None:
            yield f"{self.variable('kafka_sasl_mechanism')} is missing"
            return
        needed, further = self._needed_and_further()
        for field in _ALL:
            given = getattr(self, field) is not None
            if given and field not in (*needed, *further):
                yield f"{self.variable(field)} has no effect with {self._way}"
            if not given and field in needed:
                yield f"{self.variable(field)} is missing"
        yield from self._unsafe()
        yield from self._broken()

    def _needed_and_further(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        tls = _TLS if self._is_encrypted else ()
        if not self._names_itself:
            return (), tls
        if self.kafka_sasl_mechanism == "OAUTHBEARER":
            return _TOKEN, ("kafka_sasl_mechanism", *_TOKEN_MORE, *tls)
        return _PASSWORD, ("kafka_sasl_mechanism", *tls)

    def _unsafe(self) -> Iterator[str]:
        allowed = self.kafka_allow_plaintext_credentials
        unless = f"or set {self.variable('kafka_allow_plaintext_credentials')}=true"
        if self.kafka_security_protocol == "SASL_PLAINTEXT" and not allowed:
            protocol = self.variable("kafka_security_protocol")
            yield f"{protocol} would let credentials travel unencrypted: say SASL_SSL, {unless}"
        if self.kafka_oauth_token_url is not None:
            url = self.variable("kafka_oauth_token_url")
            match _way_to(self.kafka_oauth_token_url):
                case "nowhere":
                    yield f"{url} is not a web address, or tells more than one"
                case "unencrypted" if not allowed:
                    yield f"{url} would let credentials travel unencrypted: say https, {unless}"

    def _broken(self) -> Iterator[str]:
        for field in _ONE_LINE:
            if _plain(getattr(self, field)).endswith(("\n", "\r")):
                yield f"{self.variable(field)} ends with a line break, hardly a part of it"
        if self.kafka_ssl_cert_file is None and self.kafka_ssl_key_file is not None:
            yield f"{self.variable('kafka_ssl_cert_file')} is missing, whose key is given"
        try:
            self._tls.context()
            TlsFiles(ca=self.kafka_oauth_ca_file).context()
        except UnusableFiles as problem:
            yield str(problem)

    @property
    def _way(self) -> str:
        mechanism = self.kafka_sasl_mechanism if self._names_itself else None
        return " and ".join(filter(None, (self.kafka_security_protocol, mechanism)))


def _way_to(url: str) -> Literal["encrypted", "unencrypted", "nowhere"]:
    """Say how one gets there; what stays within this machine counts as encrypted."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return "nowhere"
    if not parts.hostname or parts.username is not None or parts.fragment:
        return "nowhere"
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        return "encrypted"
    return "unencrypted" if parts.scheme == "http" else "nowhere"


def _plain(given: Any) -> str:
    return _secret(given) if isinstance(given, SecretStr) else given or ""


def _secret(given: SecretStr | None) -> str:
    return "" if given is None else given.get_secret_value()
