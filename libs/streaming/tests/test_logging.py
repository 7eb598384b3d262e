"""What a line of the log holds, and what it must not."""

import json
import logging
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
import structlog
from aiokafka.errors import KafkaConnectionError
from pydantic import TypeAdapter, ValidationError

from streaming import logs, plain_logs, tracing
from streaming.traced import PROCESS


@pytest.fixture
def out() -> Iterator[StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = StringIO()
    logs.configure("sender", "sender-1", "info", stream=stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def log(out: StringIO) -> Any:  # noqa: ARG001 what is logged goes there
    return structlog.get_logger("test")


def line(out: StringIO) -> dict[str, Any]:
    written: dict[str, Any] = json.loads(out.getvalue())
    return written


def test_a_line_says_who_wrote_it_and_when(log: Any, out: StringIO) -> None:
    log.info("reply sent", reply_id="r-1", attempt=2)

    written = line(out)
    assert written["event"] == "reply sent"
    assert (written["service"], written["instance"]) == ("sender", "sender-1")
    assert (written["reply_id"], written["attempt"], written["level"]) == ("r-1", 2, "info")
    assert written["timestamp"].endswith("Z")


def test_a_line_below_the_level_is_not_even_looked_at(log: Any, out: StringIO) -> None:
    class Costly(dict[str, str]):
        def items(self) -> Any:
            pytest.fail("a processor looked at it")

    log.debug("step", details=Costly())

    assert out.getvalue() == ""


def test_in_tests_an_exception_is_one_plain_line(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("WARNING")  # other tests set the level of the whole process
    plain_logs.configure()
    structlog.get_logger("test").error("handler failed", offset=7, exc_info=KeyError("local"))
    structlog.get_logger("test").info("not worth a line")

    [told] = [record.getMessage() for record in caplog.records if record.name == "test"]
    assert told == "event='handler failed' offset=7 error='KeyError' frames=[]"


@pytest.mark.parametrize(
    "key",
    ["personal", "text", "wamid", "phone", "access_token", "appSecret", "Authorization", "wa_id"],
)
def test_values_of_sensitive_keys_never_reach_the_log(log: Any, out: StringIO, key: str) -> None:
    log.info("seen", **{key: "4915112345"}, nested={"list": [{key: "4915112345"}]})

    assert "4915112345" not in out.getvalue()
    assert line(out)[key] == logs.REDACTED


def test_ids_that_only_sound_personal_are_kept(log: Any, out: StringIO) -> None:
    log.info("seen", message_id="m-1", phone_number_id="1234")

    written = line(out)
    assert (written["message_id"], written["phone_number_id"]) == ("m-1", "1234")


def test_an_exception_is_told_by_class_and_place_without_its_text(log: Any, out: StringIO) -> None:
    try:
        int("Anna Schmidt")
    except ValueError:
        log.exception("could not read")

    written = out.getvalue()
    assert "Anna" not in written
    assert json.loads(written)["error"] == "ValueError"
    assert "test_logging.py" in json.loads(written)["frames"][-1]


def test_errors_of_the_network_keep_their_text(log: Any, out: StringIO) -> None:
    log.error("lost", exc_info=KafkaConnectionError("no broker at 127.0.0.1:1"))

    assert "no broker at 127.0.0.1:1" in line(out)["error"]


def test_lines_of_other_libraries_are_json_too(out: StringIO) -> None:
    logging.getLogger("someone").warning("disk %s", "full")

    written = line(out)
    assert (written["event"], written["logger"], written["level"]) == (
        "disk full",
        "someone",
        "warning",
    )


def test_a_line_inside_a_span_names_its_trace(log: Any, out: StringIO) -> None:
    parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    with tracing.span(PROCESS, "events", parent=parent):
        log.info("inside")

    assert line(out)["trace_id"] == "0af7651916cd43dd8448eb211c80319c"


def test_a_level_is_understood_in_any_case_and_another_word_refused() -> None:
    level = TypeAdapter[str](logs.LogLevel)

    assert level.validate_python("WARNING") == "warning"
    with pytest.raises(ValidationError):
        level.validate_python("loud")
