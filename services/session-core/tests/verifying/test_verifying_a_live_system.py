"""After people talked on a real Kafka and PostgreSQL: the verdict, also while they go on."""

import asyncio
import json
import secrets
from collections.abc import Callable
from typing import Any

import pytest

from domain import commands
from domain.topics import PARTITIONS
from session_core.use_cases.verifying import Verdict

pytestmark = [pytest.mark.connected, pytest.mark.timeout(240)]

Message = Callable[[str, str, int], Any]


async def test_a_healthy_system_holds_and_says_what_was_counted(
    site: Any, people: tuple[str, ...]
) -> None:
    given = await site.verify()

    assert given.findings == []
    assert given.holds
    figures = {name: one.figures for name, one in given.invariants.items()}
    came = site.ids[commands.ReceiveMessage.TYPE]
    assert figures["I1"]["messages"] == figures["I1"]["messages_decided"] == len(set(came))
    assert figures["I1"]["message_records"] >= len(came) > len(set(came))
    assert figures["I1"]["statuses_recorded"] == figures["I1"]["statuses_outranked"] == len(people)
    assert figures["I2"]["streams"] == figures["I7"]["contacts"] + figures["I7"]["sessions"]
    assert figures["I1"]["events"] == figures["I2"]["events"] == figures["I3"]["records"]
    assert figures["I3"]["records"] == figures["I7"]["events"]
    assert figures["I7"]["contacts"] == figures["I7"]["aliases"] >= len(people)


async def test_a_system_that_people_write_to_holds_whenever_it_is_looked_at(
    site: Any, message: Message
) -> None:
    looks: list[Verdict] = [await site.verify()]
    newcomers = [f"1556{secrets.randbelow(10**7):07}" for _ in range(20)]

    async def talk() -> None:
        for number, text in enumerate(("hello", "R", "Rex", "again"), start=1):
            for place, person in enumerate(newcomers):
                said = message(person, text, number)
                await site.write(said, said, partition=(place + number) % PARTITIONS)

    async with site.running():
        talking = asyncio.create_task(talk())
        while not talking.done():
            looks.append(await site.verify())
        await talking
        await site.settled()
        looks.append(await site.verify())

    assert [one.findings for one in looks] == [[] for _ in looks]
    seen = [int(one.invariants["I1"].figures["messages"]) for one in looks]
    assert seen[0] < seen[-1] == len(set(site.ids[commands.ReceiveMessage.TYPE]))
    records = int(looks[-1].invariants["I1"].figures["message_records"])
    assert records > len(site.ids[commands.ReceiveMessage.TYPE]), "nothing was forwarded"


async def test_a_command_that_an_offset_jumped_over_is_found(
    site: Any, message: Message, people: tuple[str, ...]
) -> None:
    lost = message(people[0], "unheard", 99)
    await site.write(lost, partition=2)
    jump = "UPDATE shard SET next_offset = next_offset + 1 WHERE shard = 2"

    async with site.broken(jump):
        given = await site.verify()
    waiting = await site.verify()
    async with site.running():
        await site.settled()

    identity = site.ids[commands.ReceiveMessage.TYPE][-1]
    assert given.findings == [f"I1: message.receive {identity} led to no event and is not parked"]
    assert waiting.holds
    assert (await site.verify()).holds


async def test_what_is_parked_is_counted_of_whatever_kind_it_is(
    site: Any, people: tuple[str, ...]
) -> None:
    nowhere = commands.InitiateSession(
        phone_number_id="1", flow="nope", personal=commands.Addressee(to=people[0])
    )
    before = (await site.verify()).invariants["I1"].figures
    await site.write((people[0], nowhere, "nowhere"))
    await site.scribble()
    async with site.running():
        await site.settled()

    given = await site.verify()

    after = given.invariants["I1"].figures
    added = {name: after[name] - before[name] for name in after if after[name] != before[name]}
    assert given.findings == []
    assert added == {"records": 2, "unreadable": 1, "unreadable_parked": 1, "parked": 2}


async def test_operators_and_pipelines_read_the_verdict_in_their_terminal(site: Any) -> None:
    healthy = await site.terminal("verify")
    for_programs = await site.terminal("verify", "--json")
    rebuilt = await site.terminal("rebuild", "--json")
    async with site.broken("DELETE FROM alias"):
        broken = await site.terminal("verify", "--json")
        differs = await site.terminal("rebuild")

    assert (healthy.code, for_programs.code, rebuilt.code) == (0, 0, 0)
    lines = healthy.out.splitlines()
    assert max(map(len, lines)) <= 82
    assert [line.split()[:2] for line in lines[1:] if not line.startswith(" ")] == [
        ["I1", "yes"],
        ["I2", "yes"],
        ["I3", "yes"],
        ["I7", "yes"],
    ]
    told = json.loads(for_programs.out)
    assert told["holds"]
    assert told["findings"] == []
    assert set(told["invariants"]) == {"I1", "I2", "I3", "I7"}
    assert json.loads(rebuilt.out)["differences"] == 0
    assert broken.code == differs.code == 1
    verdict = json.loads(broken.out)
    assert [name for name, one in verdict["invariants"].items() if not one["holds"]] == ["I7"]
    assert verdict["findings"][0] in {f"I7: {line}" for line in differs.out.splitlines()}


async def test_a_database_or_a_kafka_that_is_away_is_said_in_one_line(site: Any) -> None:
    nowhere = "127.0.0.1:1"

    no_store = await site.terminal("rebuild", DATABASE_URL=f"postgresql://nobody@{nowhere}/none")
    no_kafka = await site.terminal("verify", KAFKA_BOOTSTRAP_SERVERS=nowhere)

    assert (no_store.code, no_store.out) == (1, "")
    assert no_store.err.startswith("not compared: PostgreSQL: no connection")
    assert (no_kafka.code, no_kafka.out) == (1, "")
    assert no_kafka.err.splitlines()[-1].startswith("not verified: session-commands: ")
    assert "Traceback" not in no_store.err + no_kafka.err
