from datetime import UTC, datetime

from flow.live.moving import moved
from flow.transcript import Transcript
from shop import book

FLOW = """\
name: shop
title: A visit
languages: [de]
time_zone: Europe/Madrid
triggers: {default: true}
steps:
  - id: day
    ask: Wann, etwa am 2026-12-24?
    date: {}
  - id: done
    complete:
      outcome: done
      say: Am {{ date(day, "full") }}.
"""
NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)


def told(*turns: dict[str, object], at: str | None = "2026-11-23T12:00:00Z") -> Transcript:
    return Transcript.model_validate({"name": "A visit", "at": at, "turns": turns})


def after(transcript: Transcript) -> list[dict[str, object]]:
    flow = book(FLOW).current["shop"]
    return [
        turn.model_dump(exclude_unset=True, exclude_none=True)
        for turn in moved(transcript, flow, NOW).turns
    ]


def test_days_move_as_far_as_the_beginning_however_they_are_written() -> None:
    turns = after(
        told(
            {"they": "2026-11-25", "we": "Am 25. November 2026."},
            {"lookup": {"found": {"slots": [{"at": "2026-11-25T09:30"}]}}},
            {"they": "x", "we": "Am Mittwoch, 25. November 2026.", "data": {"day": "2026-11-25"}},
        )
    )

    assert turns == [
        {"they": "2027-03-03", "we": ("Am 3. März 2027.",)},
        {"lookup": {"found": {"slots": [{"at": "2027-03-03T09:30"}]}}},
        {"they": "x", "we": ("Am Mittwoch, 3. März 2027.",), "data": {"day": "2027-03-03"}},
    ]


def test_days_that_the_flow_itself_names_stay() -> None:
    asked: dict[str, object] = {"they": "hi", "we": "Wann, etwa am 2026-12-24?"}

    assert after(told(asked)) == [{**asked, "we": (asked["we"],)}]


def test_a_transcript_that_says_no_time_is_meant_as_it_is() -> None:
    assert after(told({"they": "2026-11-25"}, at=None)) == [{"they": "2026-11-25"}]
