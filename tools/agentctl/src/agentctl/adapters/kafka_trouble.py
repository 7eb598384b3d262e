"""Why Kafka cannot be reached: its client tells only its log."""

import asyncio
import logging
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from aiokafka.errors import (
    AuthenticationFailedError,
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    KafkaError,
    SaslAuthenticationFailed,
    TopicAuthorizationFailedError,
    TransactionalIdAuthorizationFailed,
    UnsupportedSaslMechanismError,
)

_CONNECT_ARGS = 3
_LOG = logging.getLogger("aiokafka")
_REFUSED = "not authorized"


class KafkaTrouble(Exception):
    """Kafka did not do what it was asked; says why, and what may help."""

    def __init__(self, why: str, mend: str) -> None:
        super().__init__(why)
        self.mend = mend


@contextmanager
def told(servers: str) -> Iterator[None]:
    """Turn what goes wrong with Kafka into KafkaTrouble."""
    reasons = _Reasons()
    _LOG.addHandler(reasons)
    try:
        yield
    except (KafkaError, OSError, TimeoutError, asyncio.IncompleteReadError) as error:
        raise _trouble(reasons.first or error, servers) from error
    finally:
        _LOG.removeHandler(reasons)


class _Reasons(logging.Handler):
    """Keeps the first error of a connection that the client logged."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.first: BaseException | None = None

    def emit(self, record: logging.LogRecord) -> None:
        """Keep what was raised, if anything."""
        args = record.args if isinstance(record.args, tuple) else ()
        if len(args) == _CONNECT_ARGS and isinstance(args[2], BaseException):
            self.first = self.first or args[2]


def _trouble(error: BaseException, servers: str) -> KafkaTrouble:
    match error:
        case socket.gaierror():
            return KafkaTrouble(f"no such host: {servers}", "correct the bootstrap servers")
        case ssl.SSLCertVerificationError():
            return KafkaTrouble(
                f"the certificate of {servers} is not trusted: {error.verify_message}",
                "give the CA that signed it, and a host name that stands in it",
            )
        case ssl.SSLError():
            return KafkaTrouble(
                f"no TLS with {servers}: {error.reason}",
                "use the security protocol that the listener at this port has",
            )
        case ConnectionRefusedError():
            return KafkaTrouble(
                f"nobody listens at {servers}", "start Kafka, or correct the bootstrap servers"
            )
        case (
            AuthenticationFailedError()
            | SaslAuthenticationFailed()
            | UnsupportedSaslMechanismError()
        ):
            return KafkaTrouble(
                f"Kafka refuses the credentials: {type(error).__name__}",
                "check mechanism, user name and password",
            )
        case (
            ClusterAuthorizationFailedError()
            | GroupAuthorizationFailedError()
            | TopicAuthorizationFailedError()
            | TransactionalIdAuthorizationFailed()
        ):
            return KafkaTrouble(
                f"{_REFUSED}: {type(error).__name__}", "grant agentctl's user this operation (ACLs)"
            )
        case TimeoutError():
            return KafkaTrouble(
                f"{servers} does not answer in time", "look at firewalls and at the brokers' load"
            )
        case _:
            return KafkaTrouble(
                f"{type(error).__name__} at {servers}",
                "look at the brokers' logs and their advertised listeners",
            )
