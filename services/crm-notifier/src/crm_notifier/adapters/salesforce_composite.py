"""Gathers what is asked at the same moment into one call: each counts (REST API, Composite)."""

import asyncio
import copy
import json
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context
from dataclasses import dataclass
from typing import Any

from crm_notifier.adapters.salesforce_requests import Request, Result
from crm_notifier.adapters.salesforce_rest import SalesforceRest
from domain.ports.crm import CrmRefused, CrmUnavailable

MOST = 25
"""Requests in a call (REST API, Composite: limits)."""
AT_ONCE = 4
"""Calls under way: what is asked meanwhile goes into the next ones."""
SCARCE = 0.8
"""The share of a day's calls from which on we wait for more to put into one."""
LONGEST_WAIT = 5.0
"""Seconds to wait for more when the day's calls are all but used up."""

_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


@dataclass(slots=True, eq=False)
class _Asked:
    requests: Sequence[Request]
    outcome: "asyncio.Future[list[Result]]"

    def fail(self, error: Exception) -> None:
        if not self.outcome.done():
            self.outcome.set_exception(copy.copy(error))

    def answer(self, results: list[Result]) -> None:
        if not self.outcome.done():
            self.outcome.set_result(results)


class Composite:
    """Each of who asks gets the results of their own requests; one's failure is not another's."""

    def __init__(
        self, rest: SalesforceRest, *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        self._rest = rest
        self._sleep = sleep
        self._waiting: deque[_Asked] = deque()
        self._calls: set[asyncio.Task[None]] = set()

    async def ask(self, requests: Sequence[Request]) -> list[Result]:
        """Return one result for each. Raises CrmUnavailable or CrmRefused where there are none."""
        asked = _Asked(requests, asyncio.get_running_loop().create_future())
        self._waiting.append(asked)
        if len(self._calls) < AT_ONCE:
            # Behind those awake now; not within the trace of whoever happens to be the first.
            call = asyncio.create_task(self._work_off(), context=Context())
            self._calls.add(call)
            call.add_done_callback(self._calls.discard)
        return await asked.outcome

    async def _work_off(self) -> None:
        while self._waiting:
            await self._sleep(wait_for_more(self._rest.used))
            if together := self._next():
                await self._tell(together)

    def _next(self) -> list[_Asked]:
        together: list[_Asked] = []
        room = MOST
        while self._waiting and len(self._waiting[0].requests) <= room:
            asked = self._waiting.popleft()
            if not asked.outcome.done():
                together.append(asked)
                room -= len(asked.requests)
        return together

    async def _tell(self, together: list[_Asked]) -> None:
        try:
            results = await self._results(together)
        except CrmRefused as refusal:
            await self._tell_singly(together, refusal)
        except Exception as error:  # noqa: BLE001 told to those who asked
            for asked in together:
                asked.fail(error)
        else:
            for asked, result in zip(together, results, strict=True):
                asked.answer(result)

    async def _tell_singly(self, together: list[_Asked], refusal: CrmRefused) -> None:
        """Find out whose request it was that made the call unacceptable."""
        if len(together) == 1:
            together[0].fail(refusal)
            return
        for asked in together:
            await self._tell([asked])

    async def _results(self, together: list[_Asked]) -> list[list[Result]]:
        version = self._rest.version
        inner = [
            request.within(f"r{place}_", version)
            for place, asked in enumerate(together)
            for request in asked.requests
        ]
        call = {"allOrNone": False, "collateSubrequests": False, "compositeRequest": inner}
        known = _by_reference(await self._rest.composite(_JSON.encode(call).encode()))
        try:
            return [
                [known[f"r{place}_{request.name}"] for request in asked.requests]
                for place, asked in enumerate(together)
            ]
        except KeyError:
            raise CrmUnavailable("answer-not-understood") from None


def wait_for_more(used: float) -> float:
    """Return for how many seconds a call waits for company, by the share of the day used up."""
    return LONGEST_WAIT * min(max((used - SCARCE) / (1 - SCARCE), 0.0), 1.0)


def _by_reference(body: Any) -> dict[str, Result]:
    try:
        return {
            str(one["referenceId"]): Result(int(one["httpStatusCode"]), one["body"])
            for one in body["compositeResponse"]
        }
    except (TypeError, KeyError, ValueError, OverflowError):
        raise CrmUnavailable("answer-not-understood") from None
