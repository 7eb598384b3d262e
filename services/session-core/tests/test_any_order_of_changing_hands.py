"""Numbers that change hands, in any order of trouble: no message is lost or doubled."""

import asyncio
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from domain.ports.event_store import AliasKey
from installation.identities import (
    IN_ANY_ORDER,
    NUMBER,
    SHARDS,
    TROUBLE,
    TROUBLES,
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

MAYBE = (None, 0, 1, 2)
SWAPS = st.lists(
    st.one_of(
        st.tuples(
            st.just("write"),
            st.tuples(
                st.one_of(st.none(), st.integers(0, 2)),
                st.one_of(
                    st.tuples(st.integers(0, 2), st.one_of(st.none(), st.integers(0, 2))),
                    st.tuples(st.none(), st.integers(0, 2)),
                ),
                st.lists(st.integers(0, SHARDS - 1), min_size=1, max_size=2),
            ),
        ),
        st.tuples(st.just("trouble"), TROUBLE),
        st.tuples(st.just("restart"), st.none()),
        st.tuples(st.just("pause"), st.none()),
    ),
    min_size=2,
    max_size=16,
)


async def _swap_names(site: Site, steps: Sequence[tuple[str, Any]], webhooks: Webhooks) -> None:
    """Let messages come from any number under any ids, as if those changed all the time."""
    await site.begin()
    for kind, what in steps:
        match kind:
            case "write":
                number, ids, shards = what
                message = webhooks.written_by(number, *ids)
                for shard in shards:
                    site.topic.write(shard, *message)
            case "change":
                before, now, shards = what
                message = webhooks.changed(before, now)
                for shard in shards:
                    site.topic.write(shard, *message)
            case "trouble":
                site.store.troubles.append(what)
            case "restart":
                await site.end()
                await site.begin()
            case _:
                await asyncio.sleep(0.003)
    await site.settle()


STORMS = 100


def _tellings(chance: Random) -> list[tuple[str, Any]]:
    """Give steps in which WhatsApp tells of changed names, also what contradicts itself."""
    return [step for _ in range(chance.randint(4, 16)) if (step := _telling(chance)) is not None]


def _telling(chance: Random) -> tuple[str, Any] | None:
    kind = chance.choice(["write", "write", "write", "change", "change", "change", "pause"])
    kind = chance.choice([kind, kind, kind, kind, "trouble", "restart"])
    before, now = [(chance.choice(MAYBE), chance.choice(MAYBE)) for _ in range(2)]
    shards = chance.choices(range(SHARDS), k=chance.randint(1, 2))
    match kind:
        case "write" | "change" if before == (None, None):
            return None
        case "write":
            return kind, (before[0], (before[1], None), shards)
        case "change":
            return None if now == (None, None) else (kind, (before, now, shards))
        case "trouble":
            return kind, chance.choice(TROUBLES)
        case _:
            return kind, None


async def _check_names(site: Site) -> None:
    """Every name leads to somebody who goes by it."""
    names = [
        AliasKey(NUMBER, name)
        for one in range(3)
        for name in (f"wa:{phone(one)}", f"bsuid:{user_id(one)}", f"parent:{parent(one)}")
    ]
    found = await site.store.load(names, [])
    for name, contact in found.names.items():
        person_now = recall(found.people[contact]).person

        assert person_now.contact.merged_into is None
        assert name.name in person_now.contact.names


@IN_ANY_ORDER
@given(
    steps=SWAPS,
    turns=st.lists(st.integers(0, 9), max_size=40),
    batch=st.integers(1, 5),
)
def test_numbers_that_change_hands_all_the_time_lose_and_double_no_message(  # noqa: PLR0917 hypothesis and fixtures pass by name
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
            await _swap_names(site, steps, webhooks)
            for number, written in enumerate(webhooks.written):  # everything comes once more
                site.topic.write(number % SHARDS, *written)
            await site.settle()
            await check_messages(site, webhooks)
            await _check_names(site)
            await check_memory(site)
            await check_rebuilt(site)
            await check_order(site)
        finally:
            await site.end()

    asyncio.run(scenario())


def test_whatever_is_told_of_changed_names_each_of_them_leads_to_who_goes_by_it(
    flows: dict[str, str], says: Says, record: Callable[..., Record]
) -> None:
    """What is told may contradict itself, and then a repeat may be taken for a new message."""

    async def scenario(chance: Random) -> None:
        site = Site(flows, [chance.randrange(10) for _ in range(40)], chance.randint(1, 5))
        webhooks = Webhooks(says, record)
        try:
            await _swap_names(site, _tellings(chance), webhooks)
            for number, written in enumerate(webhooks.written):
                site.topic.write(number % SHARDS, *written)
            await site.settle()
            await _check_names(site)
            await check_memory(site)
            await check_rebuilt(site)
            await check_order(site)
        finally:
            await site.end()

    for seed in range(STORMS):
        asyncio.run(scenario(Random(seed)))  # noqa: S311 not a secret
