from pathlib import Path
from typing import Any

import pytest
import yaml

from domain import events
from domain.messages import InboundChoice, InboundMedia, OutboundButtons, OutboundList
from domain.session.testing import Given, Spoken

FLOWS = Path(__file__).parents[3] / "flows"
TRANSCRIPTS = sorted((FLOWS / "transcripts").glob("*.yaml"))


def newcomer() -> Spoken:
    return Given({file.name: file.read_text() for file in FLOWS.glob("*.yaml")}).nobody()


def choices(spoken: Spoken) -> dict[str, InboundChoice]:
    match spoken.replies[-1]:
        case OutboundButtons(buttons=buttons):
            return {
                button.title: InboundChoice(type="button_reply", id=button.id, title=button.title)
                for button in buttons
            }
        case OutboundList(rows=rows):
            return {
                row.title: InboundChoice(type="list_reply", id=row.id, title=row.title)
                for row in rows
            }
        case _:
            return {}


def play(spoken: Spoken, turn: dict[str, Any]) -> Spoken:
    if "they" in turn:
        return spoken.hears(str(turn["they"]))
    if "tap" in turn:
        return spoken.hears(choices(spoken)[turn["tap"]])
    kind, mime_type = turn["send"].partition("/")[0], turn["send"]
    photo = {"type": kind, "media_id": "1", "mime_type": mime_type}
    return spoken.hears(InboundMedia.model_validate(photo))


@pytest.mark.parametrize("file", TRANSCRIPTS, ids=lambda file: file.stem)
def test_the_conversation_goes_as_written(file: Path) -> None:
    transcript = yaml.safe_load(file.read_text())
    spoken = newcomer()
    for turn in transcript["turns"]:
        spoken = play(spoken, turn)

        assert spoken.words == str(turn["we"])
        assert list(choices(spoken)) == turn.get("buttons", turn.get("rows", []))
        assert [e.outcome for e in spoken.happened if isinstance(e, events.SessionCompleted)] == [
            turn[key] for key in ("outcome",) if key in turn
        ]
        assert [e.team for e in spoken.happened if isinstance(e, events.SessionHandedOff)] == [
            turn[key] for key in ("handed_off",) if key in turn
        ]
        assert ("contact.opted-out.v1" in spoken.types) == turn.get("opted_out", False)
        assert ("contact.opted-in.v1" in spoken.types) == turn.get("opted_in", False)


def test_every_flow_has_a_transcript() -> None:
    flows = {yaml.safe_load(file.read_text())["name"] for file in FLOWS.glob("*.yaml")}

    assert {yaml.safe_load(file.read_text())["flow"] for file in TRANSCRIPTS} == flows
