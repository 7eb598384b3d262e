"""What every CRM is promised holds on a server that others wrote, and that repeats what it is told.

Tryton is no dependency of anything: `make crm-check` installs it and runs this.
"""

import importlib.util
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

import aiohttp
import pytest
from aiohttp import web

from crm_contract import FallibleCrmContract, Held, numbered, of_others
from crm_notifier.adapters.http_client import HttpClient
from domain.events import SessionCompleted
from domain.ports.crm import CrmUnavailable
from domain.values import EventId
from receiving import listening
from tryton_crm import TrytonCrm
from tryton_server import KEY, Tryton, running

pytestmark = [
    pytest.mark.connected,
    pytest.mark.skipif(importlib.util.find_spec("trytond") is None, reason="make crm-check"),
]

CALLS = 4
"""Of the first event of a person: who is it, a party; was it told, a note."""


@dataclass
class Wire:
    """Stands before Tryton: answers itself or hangs up where that is planned."""

    url: str
    http: aiohttp.ClientSession
    statuses: list[int] = field(default_factory=list)
    cut: set[int] = field(default_factory=set)
    calls: int = 0

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        self.calls += 1
        if self.statuses:
            return web.Response(status=self.statuses.pop(0))
        path = request.path_qs.removeprefix("/hooks")
        headers = {name: request.headers[name] for name in ("authorization", "content-type")}
        async with self.http.request(
            request.method, f"{self.url}{path}", data=await request.read(), headers=headers
        ) as answer:
            body = await answer.read()
        if self.calls in self.cut and request.transport is not None:
            request.transport.abort()
        return web.Response(status=answer.status, body=body)


@pytest.fixture(scope="module")
async def tryton(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Tryton]:
    async with running(tmp_path_factory.mktemp("tryton")) as server:
        yield server


@pytest.fixture
async def wire(tryton: Tryton) -> AsyncIterator[Wire]:
    async with aiohttp.ClientSession(headers={"authorization": f"bearer {KEY}"}) as http:
        async with http.get(f"{tryton.url}/party.party?f=id") as answer:
            known = await answer.json()
        for one in known:
            await http.delete(f"{tryton.url}/party.party/{one['id']}")
        yield Wire(tryton.url, http)


@pytest.fixture
async def crm(wire: Wire) -> AsyncIterator[TrytonCrm]:
    async with listening(wire) as url, HttpClient() as http:
        yield TrytonCrm(http, url, KEY)


@pytest.fixture
def held(tryton: Tryton) -> Held:
    def rows() -> list[object]:
        people = tryton.rows("SELECT id, name, code FROM party_party")
        notes = tryton.rows("SELECT party, name, value FROM party_contact_mechanism")
        return [*people, *notes]

    return rows


class TestTrytonCrm(FallibleCrmContract):
    @pytest.fixture
    def busy(self, crm: TrytonCrm, wire: Wire) -> TrytonCrm:
        wire.statuses.append(503)
        return crm

    @pytest.fixture
    def refusing(self, crm: TrytonCrm, wire: Wire) -> TrytonCrm:
        wire.statuses.append(400)
        return crm

    @pytest.fixture
    def cut(self, crm: TrytonCrm, wire: Wire) -> TrytonCrm:
        wire.cut.add(CALLS)
        return crm

    @pytest.fixture
    def closed(self, crm: TrytonCrm, wire: Wire) -> TrytonCrm:
        wire.statuses.append(401)
        return crm


async def test_tryton_does_again_what_it_is_told_again(wire: Wire, held: Held) -> None:
    for _ in range(2):
        async with wire.http.post(f"{wire.url}/party.party", json={"name": "Ana"}) as answer:
            answer.raise_for_status()

    assert len(held()) == 2


@pytest.mark.parametrize("lost", range(1, CALLS + 1))
async def test_wherever_the_answer_is_lost_person_and_event_are_there_once(
    lost: int,
    crm: TrytonCrm,
    wire: Wire,
    held: Held,
    *,
    completed: SessionCompleted,
    event_id: EventId,
    at: datetime,
) -> None:
    wire.cut.add(lost)
    with suppress(CrmUnavailable):  # a question is asked again without a word
        await crm.tell(completed, event_id=event_id, at=at)
    assert wire.calls >= lost
    await crm.tell(completed, event_id=event_id, at=at)

    assert len(held()) == 2


async def test_events_of_one_person_stand_in_the_order_in_which_they_were_told(
    crm: TrytonCrm, tryton: Tryton, completed: SessionCompleted, at: datetime
) -> None:
    (person,) = of_others(completed, 1)
    for number in range(1, 6):
        await crm.tell(person, event_id=numbered(number), at=at)

    told = tryton.rows("SELECT value FROM party_contact_mechanism ORDER BY id")
    assert told == [(str(numbered(number)),) for number in range(1, 6)]
