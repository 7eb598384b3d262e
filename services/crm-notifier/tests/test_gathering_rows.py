"""Rows that come at the same moment share a call, and none suffers for another."""

import asyncio
from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from crm_notifier.adapters.hubspot_gathering import Gathering
from domain.ports.crm import CrmRefused, CrmUnavailable

MOST = 5
Row = tuple[int, int]
"""A key, and a number that is the row's own."""


class Server:
    """Takes batches as HubSpot does: none with a bad row, none too large, no key twice."""

    def __init__(self, bad: set[int], unsaid: set[int], fails_at: set[int]) -> None:
        self.bad, self.unsaid, self._fails_at = bad, unsaid, fails_at
        self.calls: list[list[Row]] = []
        self.turns = 0
        self._busy = False

    async def turn(self) -> None:
        self.turns += 1
        await asyncio.sleep(0)

    async def send(self, rows: Sequence[Row]) -> Sequence[int | None]:
        assert not self._busy, "one batch at a time"
        self._busy = True
        self.calls.append([*rows])
        await asyncio.sleep(0)
        self._busy = False
        assert 0 < len(rows) <= MOST
        assert len({key for key, _ in rows}) == len(rows)
        if len(self.calls) in self._fails_at:
            raise CrmUnavailable("http-503")
        if any(own in self.bad for _, own in rows):
            raise CrmRefused("validation-error")
        return [None if own in self.unsaid else own for _, own in rows]


async def outcomes(server: Server, keys: Sequence[int]) -> list[int | BaseException]:
    gathering = Gathering[Row, int](
        server.send, turn=server.turn, key=lambda row: row[0], most=MOST
    )
    rows = [(key, own) for own, key in enumerate(keys)]
    return await asyncio.gather(*map(gathering.add, rows), return_exceptions=True)


numbers = st.sets(st.integers(0, 30), max_size=6)


@settings(max_examples=200, deadline=None)
@given(keys=st.lists(st.integers(0, 8), max_size=30), bad=numbers, unsaid=numbers)
def test_each_row_ends_as_it_would_alone(keys: list[int], bad: set[int], unsaid: set[int]) -> None:
    server = Server(bad, unsaid, set())
    found = asyncio.run(outcomes(server, keys))

    for own, outcome in enumerate(found):
        if own in bad:
            assert isinstance(outcome, CrmRefused)
        elif own in unsaid:
            assert isinstance(outcome, CrmUnavailable)
        else:
            assert outcome == own
    assert server.turns == len(server.calls), "each call waits for its turn"


@settings(max_examples=200, deadline=None)
@given(keys=st.lists(st.integers(0, 8), max_size=30), bad=numbers, fails_at=numbers)
def test_a_call_that_fails_fails_for_its_rows_alone(
    keys: list[int], bad: set[int], fails_at: set[int]
) -> None:
    server = Server(bad, set(), fails_at)
    found = asyncio.run(outcomes(server, keys))

    failed = {
        own for number, call in enumerate(server.calls, 1) if number in fails_at for _, own in call
    }
    for own, outcome in enumerate(found):
        if own in failed:
            assert isinstance(outcome, CrmUnavailable)
        else:
            assert isinstance(outcome, CrmRefused) if own in bad else outcome == own


@given(keys=st.lists(st.integers(0, 3), max_size=20))
def test_rows_of_one_key_go_in_the_order_in_which_they_came(keys: list[int]) -> None:
    server = Server(set(), set(), set())
    asyncio.run(outcomes(server, keys))

    sent = [row for call in server.calls for row in call]
    for key in set(keys):
        own = [number for of, number in sent if of == key]
        assert own == sorted(own)


async def test_a_row_that_nobody_waits_for_any_more_is_not_sent() -> None:
    server = Server(set(), set(), set())
    gathering = Gathering[Row, int](
        server.send, turn=server.turn, key=lambda row: row[0], most=MOST
    )
    telling = [asyncio.create_task(gathering.add((number, number))) for number in (1, 2)]
    await asyncio.sleep(0)
    telling[0].cancel()
    await asyncio.gather(*telling, return_exceptions=True)

    assert server.calls == [[(2, 2)]]
