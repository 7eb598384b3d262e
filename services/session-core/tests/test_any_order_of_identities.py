"""People who show up under several names, in any order of trouble: each ends as one contact."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from domain.ports.event_store import AliasKey
from installation.identities import (
    IN_ANY_ORDER,
    NUMBER,
    PEOPLE,
    SHARDS,
    TROUBLE,
    Record,
    Says,
    Site,
    Webhooks,
    check_memory,
    check_messages,
    check_order,
    check_rebuilt,
    parent,
    phone,
    user_id,
)
from session_core.use_cases.recalling import recall

NAMED = st.tuples(st.booleans(), st.booleans(), st.booleans()).filter(any)
STEPS = st.lists(
    st.one_of(
        st.tuples(
            st.just("write"),
            st.tuples(
                st.integers(0, PEOPLE - 1),
                NAMED,
                st.lists(st.integers(0, SHARDS - 1), min_size=1, max_size=2),
            ),
        ),
        st.tuples(st.just("again"), st.tuples(st.integers(0, 9), st.integers(0, SHARDS - 1))),
        st.tuples(st.just("stop"), st.tuples(st.integers(0, PEOPLE - 1), NAMED)),
        st.tuples(st.just("echo"), st.tuples(st.integers(0, PEOPLE - 1), NAMED)),
        st.tuples(st.just("trouble"), TROUBLE),
        st.tuples(st.just("restart"), st.none()),
        st.tuples(st.just("second-owner"), st.none()),
        st.tuples(st.just("pause"), st.none()),
    ),
    min_size=2,
    max_size=16,
)


async def _play(site: Site, steps: Sequence[tuple[str, Any]], webhooks: Webhooks) -> None:
    await site.begin()
    for kind, what in steps:
        match kind:
            case "write":
                person, named, partitions = what
                message = webhooks.message(person, named)
                for shard in partitions:
                    site.topic.write(shard, *message)
            case "again" if webhooks.written:
                number, shard = what
                site.topic.write(shard, *webhooks.written[number % len(webhooks.written)])
            case "stop":
                site.topic.write(what[0] % SHARDS, *webhooks.stop(*what))
            case "echo":
                site.topic.write(what[0] % SHARDS, *webhooks.echo(*what))
            case "trouble":
                site.store.troubles.append(what)
            case "restart":
                await site.end()
                await site.begin()
            case "second-owner" if len(site.running) < 2:
                await site.begin()
            case _:
                await asyncio.sleep(0.003)
    await site.settle()


async def _everybody_shows_all(site: Site, webhooks: Webhooks) -> None:
    for shard in range(SHARDS):
        for person in range(PEOPLE):
            site.topic.write(shard, *webhooks.message(person, (True, True, True)))
        await site.settle()
    for number, written in enumerate(webhooks.written):
        site.topic.write(number % SHARDS, *written)
    await site.settle()


async def _check_people(site: Site) -> None:
    """Everybody is one contact, and names are whose the events say they are."""
    names = [
        AliasKey(NUMBER, name)
        for person in range(PEOPLE)
        for name in (
            f"wa:{phone(person)}",
            f"bsuid:{user_id(person)}",
            f"parent:{parent(person)}",
        )
    ]
    found = await site.store.load(names, [])
    for person in range(PEOPLE):
        theirs = names[3 * person : 3 * person + 3]

        assert len({found.names[name] for name in theirs}) == 1
    for name, contact in found.names.items():
        person_now = recall(found.people[contact]).person

        assert person_now.contact.merged_into is None
        assert name.name in person_now.contact.names
    assert len(set(found.names.values())) == PEOPLE


@IN_ANY_ORDER
@given(
    steps=STEPS,
    turns=st.lists(st.integers(0, 9), max_size=40),
    batch=st.integers(1, 5),
)
def test_whatever_goes_wrong_everybody_ends_as_one_contact_with_each_message_once(  # noqa: PLR0917 hypothesis and fixtures pass by name
    steps: list[tuple[str, Any]],
    turns: list[int],
    batch: int,
    flows: dict[str, str],
    says: Says,
    record: Callable[..., Record],
) -> None:
    async def scenario() -> None:
        site = Site(flows, turns, batch)
        webhooks = Webhooks(says, record)
        try:
            await _play(site, steps, webhooks)
            await _everybody_shows_all(site, webhooks)
            await check_messages(site, webhooks)
            await _check_people(site)
            await check_memory(site)
            await check_rebuilt(site)
            await check_order(site)
        finally:
            await site.end()

    asyncio.run(scenario())
