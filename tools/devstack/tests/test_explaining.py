"""When something cannot start, one line says why."""

from pathlib import Path

import pytest

from devstack import cli
from devstack.failure import StackError, last_meaningful_line

KAFKA_LOG = """\
2026-11-23 07:06:48 [main] [INFO] kafka.Kafka - starting
2026-11-23 07:06:49 [main] [ERROR] kafka.Kafka - Exiting Kafka due to fatal exception
java.net.BindException: Address already in use
\tat java.base/sun.nio.ch.Net.bind0(Native Method)
\t... 9 more
2026-11-23 07:06:49 [main] [INFO] kafka.Kafka - shut down completed

"""


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (KAFKA_LOG, "java.net.BindException: Address already in use"),
        ("Traceback:\n  File 'x'\nValueError: SENDER_PORT is missing\n", "ValueError: SENDER_PORT"),
        ("all quiet\nand then it was over\n\n", "and then it was over"),
        ("2026 FATAL:  data directory has wrong ownership\nhint\n", "2026 FATAL:  data directory"),
        ("", "it wrote nothing to its log"),
    ],
)
def test_the_line_that_tells_the_reason_is_found(tmp_path: Path, text: str, line: str) -> None:
    log = tmp_path / "some.log"
    log.write_text(text)

    assert last_meaningful_line(log).startswith(line)


def test_errors_of_an_earlier_run_are_not_blamed(tmp_path: Path) -> None:
    log = tmp_path / "some.log"
    log.write_text("ERROR of yesterday\n")
    begin = log.stat().st_size
    with log.open("a") as file:
        file.write("today it just stops\n")

    assert last_meaningful_line(log, since=begin) == "today it just stops"


def test_a_process_without_a_log_is_explained_too(tmp_path: Path) -> None:
    assert last_meaningful_line(tmp_path / "none.log") == "it wrote no log"


def test_who_asks_for_the_log_of_nobody_is_told_who_there_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(Path(__file__).parent)

    with pytest.raises(StackError, match="there is no nobody; there are kafka, postgres"):
        cli.logs("nobody")
