"""How long it takes from a SIGKILL's successor being started to its first event being visible."""

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime

from bench import topic
from bench.claim import continued
from bench.draining import NotDrained
from bench.installation import execute, topics_of
from bench.lab import Lab
from bench.sides import Side, kill, ready, start_session_core, stop
from bench.stored import TURNS_STORED, Template
from devstack.ports import free_port

_FIRST_TURN = range(TURNS_STORED + 1, TURNS_STORED + 2)
_PATIENCE_SECONDS = 60.0


async def after_a_crash(
    lab: Lab, address: str, made: Template, people: Sequence[int]
) -> list[float]:
    """Kill the service and start it again with a command waiting, once a round."""
    await execute(address, "UPDATE shard SET next_offset = 0, published_seq = last_seq")
    seconds = []
    async with topics_of(lab.kafka, address) as place:
        port = free_port(set())
        side = start_session_core(place, lab.flows, lab.logs, port, log_level="warning")
        try:
            await ready(side, port)
            for number in people[: lab.sizes.rounds]:
                await asyncio.to_thread(kill, side)
                message = continued(
                    {number: made.place(number)}, _FIRST_TURN, begin=datetime.now(UTC)
                )[0]
                async with topic.tail(place.kafka, place.events) as tail:
                    await topic.fill(place.kafka, place.commands, [message])
                    begin = time.monotonic()
                    side = start_session_core(place, lab.flows, lab.logs, port, log_level="warning")
                    await _first_event(tail, side)
                    seconds.append(time.monotonic() - begin)
                lab.say(f"started after a SIGKILL: first event after {seconds[-1]:.2f} s")
        finally:
            await asyncio.to_thread(stop, side)
    return seconds


async def _first_event(tail: topic.Tail, side: Side) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not await tail.poll(0.02):
        side.check()
        if time.monotonic() > deadline:
            raise NotDrained("no event came after the start")
