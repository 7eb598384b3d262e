from difflib import ndiff
from pathlib import Path
from typing import Any

import pytest

from flow.keeping import CannotKeep, add, room
from flow.reading import InvalidTranscript, read

NEW: dict[str, Any] = {
    "name": "It is said twice",
    "turns": [{"they": "hi", "we": "Hello.\n\nHow was it, from 1 to 5?"}],
}
THERE = """\
# What we agreed on with the shop
flow: shop
transcripts:
  - name: It goes well   # as on the poster
    turns:
      - they: hi
        we: |-
          Hello.

          How was it, from 1 to 5?
# the end
"""


def file(folder: Path, text: str) -> Path:
    path = folder / "shop.test.yaml"
    path.write_bytes(text.encode())
    return path


def names(path: Path) -> list[str]:
    return [one.name for one in read(path).transcripts.transcripts]


@pytest.mark.parametrize(
    "there",
    [
        THERE,
        THERE.rstrip(),
        THERE.replace("  - name", "- name").replace("    turns", "  turns"),
        THERE.replace("\n  ", "\n      "),
        THERE.replace("\n", "\r\n"),
        "transcripts:\n  - name: It goes well\n    turns: [{they: hi}]\n# whose\nflow: shop\n",
    ],
    ids=["indented", "no last newline", "not indented", "far", "of Windows", "flow comes last"],
)
def test_a_transcript_joins_those_that_are_there_and_nothing_else_changes(
    tmp_path: Path, there: str
) -> None:
    path = file(tmp_path, there)

    add(path, "shop", NEW)

    assert names(path) == ["It goes well", "It is said twice"]
    assert read(path).transcripts.transcripts[1].turns[0].we == (NEW["turns"][0]["we"],)
    after = path.read_bytes().decode()
    assert not [line for line in ndiff(there.split("\n"), after.split("\n")) if line[0] == "-"]
    assert after.count("\r\n") in (0, after.count("\n"))


def test_a_file_that_is_not_there_or_has_nothing_but_comments_begins_with_it(
    tmp_path: Path,
) -> None:
    new = tmp_path / "new.test.yaml"
    add(new, "shop", NEW)
    commented = file(tmp_path, "# yaml-language-server: $schema=x\n")
    add(commented, "shop", NEW)

    assert names(new) == names(commented) == ["It is said twice"]
    assert commented.read_text() == "# yaml-language-server: $schema=x\n" + new.read_text()


def test_a_name_that_is_there_is_refused_and_one_that_nobody_chose_is_counted(
    tmp_path: Path,
) -> None:
    path = file(tmp_path, THERE)

    with pytest.raises(CannotKeep, match="has a transcript 'It goes well': give this one another"):
        room(path, "shop", "It goes well", "")
    with pytest.raises(CannotKeep, match="has a transcript 'It goes well'"):
        add(path, "shop", NEW | {"name": "It goes well"})

    assert path.read_text() == THERE
    assert room(path, "shop", None, "It goes well") == "It goes well (2)"
    assert room(path, "shop", None, "As it was played") == "As it was played"


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("shop.yaml", None, r"only files that end in \.test\.yaml are played"),
        ("nowhere/shop.test.yaml", None, "there is no folder"),
        ("a.test.yaml", THERE.replace("flow: shop", "flow: other"), "is about other: name a file"),
        (
            "a.test.yaml",
            "flow: shop\ntranscripts: [{name: a, turns: [{they: a}]}]\n",
            "not in \\[ ",
        ),
    ],
)
def test_what_takes_no_transcript_of_this_flow_is_left_alone(
    tmp_path: Path, name: str, text: str | None, why: str
) -> None:
    path = tmp_path / name
    if text is not None:
        path.write_text(text)

    with pytest.raises(CannotKeep, match=why):
        add(path, "shop", NEW)

    assert (path.read_text() if path.exists() else None) == text


def test_a_file_with_a_mistake_is_left_alone_and_told(tmp_path: Path) -> None:
    path = file(tmp_path, THERE.replace("they", "tey"))

    with pytest.raises(InvalidTranscript, match="turn 1, tey"):
        add(path, "shop", NEW)

    assert path.read_text() == THERE.replace("they", "tey")
