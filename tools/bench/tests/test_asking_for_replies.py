import json
from datetime import UTC, datetime

from bench.replies import REPLIES_A_PERSON, lines, misplaced, requests
from domain import codec
from domain.events import ReplyRequested
from domain.topics import PARTITIONS
from sender.adapters.graph_body import encode

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
PEOPLE = 12


def bodies() -> list[bytes]:
    asked = []
    for record in requests(PEOPLE, at=AT):
        event = codec.decode_event(dict(record.headers)["ce_type"].decode(), record.value)
        assert isinstance(event, ReplyRequested)
        asked.append(encode(event.personal, event.reply_id))
    return asked


def test_everybody_is_to_get_their_replies_one_after_the_other() -> None:
    assert misplaced(bodies(), PEOPLE * REPLIES_A_PERSON) is None


def test_all_replies_of_a_person_are_asked_for_in_one_partition() -> None:
    places = {(record.key, record.partition) for record in requests(PEOPLE, at=AT)}

    assert len(places) == PEOPLE
    assert {partition for _, partition in places} == set(range(PARTITIONS))


def test_a_lost_reply_is_found_out() -> None:
    wrong = misplaced(bodies()[:-1], PEOPLE * REPLIES_A_PERSON)

    assert wrong == "119 replies came instead of 120"


def test_a_doubled_reply_is_found_out_although_the_number_is_right() -> None:
    came = bodies()
    came[-1] = came[-1 - PEOPLE]

    assert misplaced(came, len(came)) == "somebody's replies came doubled, or out of order"


def test_replies_in_another_order_are_found_out() -> None:
    came = bodies()
    came[0], came[PEOPLE] = came[PEOPLE], came[0]

    assert misplaced(came, len(came)) is not None


def test_the_bodies_of_calls_are_read_line_by_line() -> None:
    assert lines(b"") == []
    assert [json.loads(line) for line in lines(b"\n".join(bodies()))]
