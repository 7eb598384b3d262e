"""`flow/decide`: what it costs to decide one answer in the claim flow, nothing else."""

import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import chain
from statistics import median, quantiles

from bench.claim import CommandRecord, workload
from bench.lab import Lab
from bench.results import Result, judged
from bench.store import seldom_collecting
from domain import commands, events
from domain.ports.command_source import Delivery
from domain.session import NOBODY, FlowBook, Occasion, Person, decide, evolve
from session_core.app import flow_sources
from session_core.use_cases.parsing import Request, parse


async def deciding(lab: Lab) -> Sequence[Result]:
    """Measure `flow/decide`."""
    book = FlowBook.of(flow_sources(lab.flows))
    said = [*_messages(workload(lab.sizes.people, begin=datetime.now(UTC)))]
    _decided(said, book)  # what is compiled when it is first used is compiled now
    with seldom_collecting():
        rounds = [_decided(said, book) for _ in range(lab.sizes.rounds)]
    steps = {step: median(median(one[step]) for one in rounds) for step in rounds[0]}
    every = [micros for one in rounds for measured in one.values() for micros in measured]
    detail = {
        "people": lab.sizes.people,
        "answers": len(every),
        "p99_us": round(quantiles(every, n=100)[98], 1),
        "by_step_us": {step: round(micros, 1) for step, micros in steps.items()},
        "runs": [{"us": round(median(chain(*one.values())), 1)} for one in rounds],
    }
    lab.say(", ".join(f"{step} {micros:.0f} µs" for step, micros in steps.items()))
    return [judged("flow/decide", median(every), bar=100, better="lower", unit="µs", detail=detail)]


def _messages(records: Iterable[CommandRecord]) -> Iterable[Request]:
    for offset, record in enumerate(records):
        read = parse(Delivery(0, offset, record.key, record.value, record.headers))
        if isinstance(read, Request) and isinstance(read.command, commands.ReceiveMessage):
            yield read


def _decided(said: Sequence[Request], book: FlowBook) -> dict[str, list[float]]:
    """Give the microseconds of processor time of every answer, by the step that it answered."""
    people: dict[str | None, Person] = {}
    measured: dict[str, list[float]] = defaultdict(list)
    for request in said:
        command = request.command
        who = command.personal.from_ if isinstance(command, commands.ReceiveMessage) else None
        person = people.get(who, NOBODY)
        begin = time.process_time_ns()
        decided = decide(person, command, request.occasion, book)
        micros = (time.process_time_ns() - begin) / 1000
        people[who] = _after(person, decided, request.occasion)
        for event in decided:
            if isinstance(event, events.AnswerRecorded | events.AnswerRejected):
                measured[event.step].append(micros)
    return dict(measured)


def _after(person: Person, decided: Iterable[events.Event], occasion: Occasion) -> Person:
    for event in decided:
        person = evolve(person, event, occasion)
    return person
