"""Logs as JSON lines on stdout, with trace ids, without secrets and personal data."""

import logging
import re
import sys
import traceback
from collections.abc import Mapping
from types import TracebackType
from typing import Annotated, Any, Literal, TextIO, TypeAlias

import structlog
from aiokafka.errors import KafkaError
from pydantic import BeforeValidator
from structlog.typing import EventDict, Processor, WrappedLogger

from streaming.tracing import current_traceparent

LogLevel: TypeAlias = Annotated[
    Literal["debug", "info", "warning", "error"],
    BeforeValidator(lambda level: level.lower() if isinstance(level, str) else level),
]
"""For settings: what `configure` understands, in whatever case it is written."""

REDACTED = "[redacted]"
_SENSITIVE = frozenset(
    {"answers", "authorization", "body", "caption", "filename", "from", "message", "password"}
    | {"personal", "phone", "secret", "text", "token", "user", "username", "wamid"}
)
_SENSITIVE_KEYS = frozenset({"wa_id", "file_name", "display_name", "full_name", "e_mail", "email"})
_SAFE_KEYS = frozenset({"message_id", "message_count", "phone_number_id"})
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_SAFE_MESSAGES = (OSError, KafkaError)
_FRAMES = 12
_CHATTY = ("aiokafka", "httpx", "httpcore")
"""Below warnings they log what they send: addresses, headers, passwords."""


def configure(
    service: str, instance: str, level: str = "info", *, stream: TextIO | None = None
) -> None:
    """Send structlog's and the standard library's records to stdout, one JSON object a line.

    A structlog line below `level` is dropped before anything is done with it.
    """
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        add_trace_ids,
        _name(service, instance),
        describe_exception,
        redact,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(level.lower()),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream or sys.stdout)
    handler.setFormatter(_formatter(shared))
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    for client in _CHATTY:
        logging.getLogger(client).setLevel(logging.WARNING)


def redact(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Replace what stands under a key that speaks of a secret or a person, at any depth."""
    return {name: _redacted(name, content) for name, content in event.items()}


def describe_exception(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Replace an exception by its class and frames: its message may quote what a person wrote."""
    given = event.pop("exc_info", None)
    error = sys.exc_info()[1] if given is True else given
    if isinstance(error, tuple):
        error = error[1]
    if isinstance(error, BaseException):
        event["error"] = _described(error)
        event["frames"] = _frames(error.__traceback__)
    return event


def add_trace_ids(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Name the trace and span in which the line was written."""
    traceparent = current_traceparent()
    if traceparent is not None:
        _, event["trace_id"], event["span_id"], _ = traceparent.split("-")
    return event


def _formatter(shared: list[Processor]) -> logging.Formatter:
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(default=lambda thing: type(thing).__name__),
        ],
    )


def _name(service: str, instance: str) -> Processor:
    def add_name(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
        event["service"] = service
        event["instance"] = instance
        return event

    return add_name


def _redacted(name: str, content: Any) -> Any:
    if _is_sensitive(name):
        return REDACTED
    if isinstance(content, Mapping):
        return {key: _redacted(str(key), value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [_redacted("", value) for value in content]
    return content


def _is_sensitive(name: str) -> bool:
    if name.lower() in _SAFE_KEYS:
        return False
    words = {word.lower() for word in _WORD.findall(name)}
    return name.lower() in _SENSITIVE_KEYS or not words.isdisjoint(_SENSITIVE)


def _described(error: BaseException) -> str:
    name = type(error).__name__
    text = f"{name}: {error}" if isinstance(error, _SAFE_MESSAGES) else name
    cause = error.__cause__
    return f"{text} <- {_described(cause)}" if cause is not None else text


def _frames(where: TracebackType | None) -> list[str]:
    frames = traceback.extract_tb(where)[-_FRAMES:]
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
