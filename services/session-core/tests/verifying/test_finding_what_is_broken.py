"""Whatever is broken in the store is found, under the invariant that it breaks, and named."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import pytest

from domain.values import ContactId
from session_core.use_cases.people import STRANGER
from session_core.use_cases.snapshots import FORM, take

pytestmark = [pytest.mark.connected, pytest.mark.timeout(240)]

NOBODY = "00000000-0000-4000-8000-000000000000"
PLACES = {
    "fifth": "WHERE shard = {home} AND seq = 5",
    "newest": "WHERE shard = {home} AND seq = {last}",
    "a_name": "WHERE alias = (SELECT min(alias) FROM alias)",
    "a_session": "WHERE session_id = (SELECT session_id FROM session LIMIT 1)",
    "nobody": NOBODY,
    "form": FORM,
    "empty": take(ContactId(UUID(NOBODY)), STRANGER, shard=0, sequence=0).state.decode(),
}
BREAKS = [
    (
        "an event is gone",
        "DELETE FROM event {fifth}",
        {
            "I2": "shard {home} lacks event 5",
            "I3": "is event 5, which the store does not have",
            "I7": "has version",
        },
    ),
    (
        "the newest events are gone",
        "DELETE FROM event WHERE shard = {home} AND seq > {last} - 2",
        {"I2": "shard {home} lacks events"},
    ),
    (
        "a number is left out",
        (
            "UPDATE event SET seq = seq + 9 {newest};"
            "UPDATE shard SET last_seq = last_seq + 9 WHERE shard = {home}"
        ),
        {"I2": "shard {home} lacks events {last} to"},
    ),
    (
        "the counter of a shard is behind",
        "UPDATE shard SET last_seq = last_seq - 1 WHERE shard = {home}",
        {"I2": "but holds number {last}"},
    ),
    (
        "a version is left out",
        "UPDATE event SET version = 1000 {newest}",
        {"I2": "version 1000 does not follow", "I7": "has version 1000 after"},
    ),
    (
        "bytes of an event were changed",
        "UPDATE event SET data = data || ' ' {fifth}",
        {"I3": "as stored: data"},
    ),
    (
        "an event cannot be read",
        "UPDATE event SET data = '[' {fifth}",
        {"I3": "as stored: data", "I7": "cannot be replayed: data: json_invalid"},
    ),
    (
        "an event counts as published and is not",
        "UPDATE shard SET published_seq = last_seq + 1 WHERE shard = {home}",
        {"I3": "the topic lacks event"},
    ),
    (
        "a message led to nothing",
        (
            "UPDATE event SET type = 'message.dropped.v1' WHERE event_id ="
            " (SELECT event_id FROM event"
            " WHERE type = 'message.received.v1' AND shard = {home} LIMIT 1)"
        ),
        {"I1": "led to no event and is not parked", "I3": "as stored: type"},
    ),
    (
        "a status led to nothing",
        (
            "UPDATE event SET type = 'reply.seen.v1' WHERE event_id = (SELECT event_id FROM event"
            " WHERE type = 'reply.read.v1' LIMIT 1)"
        ),
        {"I1": "is neither recorded nor outranked"},
    ),
    (
        "a parked command is gone",
        "DELETE FROM parked_command",
        {"I1": "cannot be read and is not parked"},
    ),
    (
        "two events have one id",
        (
            "UPDATE event SET event_id ="
            " (SELECT event_id FROM event WHERE shard = {home} AND seq = 4) {fifth}"
        ),
        {"I1": "is there more than once", "I3": "as stored: id"},
    ),
    (
        "a name leads to somebody else",
        (
            "UPDATE alias SET contact_id ="
            " (SELECT contact_id FROM alias ORDER BY alias DESC LIMIT 1) {a_name}"
        ),
        {"I7": "whose events do not know it"},
    ),
    (
        "a name leads nowhere",
        "DELETE FROM alias {a_name}",
        {"I7": "is reached by none of their names"},
    ),
    (
        "a name leads to the wrong shard",
        "UPDATE alias SET shard = shard + 100 {a_name}",
        {"I7": "leads to shard 10"},
    ),
    (
        "a name leads to somebody who never was",
        "INSERT INTO alias VALUES ('1', 'wa:1', '{nobody}', 0)",
        {"I7": "contact {nobody}, whose events do not know it"},
    ),
    (
        "a session is not to be found",
        "DELETE FROM session {a_session}",
        {"I7": "has no row"},
    ),
    (
        "a session is taken for somebody else's",
        "UPDATE session SET contact_id = '{nobody}' {a_session}",
        {"I7": "is in use with contact {nobody}, not"},
    ),
    (
        "a session is there that never began",
        "INSERT INTO session VALUES ('{nobody}', '{nobody}', 0, now(), 1)",
        {"I7": "session {nobody} is in use but no event began it"},
    ),
    (
        "a timer is there of nobody",
        "INSERT INTO timer VALUES ('{nobody}', 'session-expiry', 0, '{nobody}', now())",
        {"I7": "timer session-expiry is there of session {nobody}, which no event began"},
    ),
    (
        "a snapshot is torn",
        (
            "INSERT INTO snapshot SELECT contact_id, shard, 5, '{form}', '{{}}', '{{}}', '['"
            " FROM alias {a_name}"
        ),
        {"I7": "at 5 cannot be read"},
    ),
    (
        "a snapshot is of somebody who knows nothing yet",
        (
            "INSERT INTO snapshot SELECT contact_id, shard, 500, '{form}', '{{}}', '{{}}',"
            " '{empty}' FROM alias {a_name}"
        ),
        {"I7": "at 500 is not what the events say: contact, commands seen"},
    ),
]


@pytest.mark.parametrize(
    ("sql", "expected"), [one[1:] for one in BREAKS], ids=[b[0] for b in BREAKS]
)
async def test_what_is_broken_in_the_store_is_found_and_named(
    sql: str, expected: dict[str, str], site: Any, people: tuple[str, ...]
) -> None:
    home = await site.home()
    last = await site.database.fetchval("SELECT last_seq FROM shard WHERE shard = $1", home)
    facts = {"home": home, "last": last}
    known = {**facts, **{name: _with(facts, place) for name, place in PLACES.items()}}

    async with site.broken(sql.format(**known)):
        given = await site.verify()

    assert not given.holds
    for name, words in expected.items():
        told = [finding for finding in given.findings if finding.startswith(f"{name}: ")]
        assert any(words.format(**known) in finding for finding in told), given.findings
    assert not any(person in finding for finding in given.findings for person in people)
    assert (await site.verify()).holds


def _with(facts: Mapping[str, object], place: str) -> str:
    return place.format(**facts) if place.startswith("WHERE") else place
