"""The journal is read as it grows, also where a killed writer left half a line."""

import json
from pathlib import Path

import pytest

from chaos.journal import Journal


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.jsonl"


def line(what: str, **details: object) -> str:
    return json.dumps({"what": what, **details}, separators=(",", ":")) + "\n"


def test_nothing_is_read_before_the_platform_began(path: Path) -> None:
    assert list(Journal(path).new_lines()) == []


def test_each_line_is_given_once(path: Path) -> None:
    journal = Journal(path)
    path.write_text(line("started"))
    first = list(journal.new_lines())
    path.write_text(line("started") + line("crm", id="1"))

    assert first == [{"what": "started"}]
    assert list(journal.new_lines()) == [{"what": "crm", "id": "1"}]


def test_a_line_is_given_when_it_is_whole(path: Path) -> None:
    journal = Journal(path)
    path.write_text(line("started")[:-5])
    early = list(journal.new_lines())
    path.write_text(line("started"))

    assert early == []
    assert list(journal.new_lines()) == [{"what": "started"}]


def test_half_a_line_of_a_killed_platform_costs_no_other_line(path: Path) -> None:
    path.write_text(line("crm", id="1")[:-7] + line("started") + line("crm", id="2"))

    assert [read["what"] for read in Journal(path).new_lines()] == ["started", "crm"]
