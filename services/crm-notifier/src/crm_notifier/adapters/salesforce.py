"""Salesforce: people are Contacts, cases Cases, what happened Tasks, each under a key of ours."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Literal, TypeAlias

from crm_notifier.adapters.salesforce_composite import Composite
from crm_notifier.adapters.salesforce_erasing import erase
from crm_notifier.adapters.salesforce_errors import (
    HALTED,
    TAKEN,
    UNKNOWN,
    code_of,
    failure,
    lacks,
)
from crm_notifier.adapters.salesforce_records import (
    CONTACT_KEY,
    NAME,
    PHONE,
    TASK,
    USER_ID,
    WA_ID,
    Correction,
    contact,
    corrections,
    named,
    records,
)
from crm_notifier.adapters.salesforce_requests import Request, Result, read
from crm_notifier.adapters.salesforce_rest import SalesforceRest
from crm_notifier.mapping import CrmMap
from domain.events import (
    ContactAbsorbed,
    ContactErased,
    ContactNameReleased,
    FileStored,
    MessageReceived,
    ReplyRequested,
)
from domain.ports.crm import EVERYTHING, CrmUnavailable, Notable
from domain.values import EventId

Erasure: TypeAlias = Literal["empty", "delete"]
"""What becomes of the contact of whom is erased; our tasks and cases go in either case."""

ATTEMPTS = 3
"""At writing records at once: in vain, as nobody has the name; and when somebody was faster."""

TASKS_ALONE: frozenset[type[Notable]] = frozenset({FileStored, MessageReceived, ReplyRequested})
"""What is told of by tasks, and is not told where there are none."""


class SalesforceCrm:
    """Writes every record by our own key, so that what is told again is written over itself."""

    name = "salesforce"

    def __init__(
        self,
        rest: SalesforceRest,
        crm_map: CrmMap | None = None,
        *,
        file_links: str | None = None,
        erasure: Erasure = "empty",
        tasks: bool = True,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.supports = EVERYTHING if tasks else EVERYTHING - TASKS_ALONE
        self._tasks = tasks
        self._composite = Composite(rest, sleep=sleep)
        self._map = crm_map or CrmMap()
        self._file_links = file_links
        self._erasure: Erasure = erasure

    async def tell(self, event: Notable, *, event_id: EventId, at: datetime) -> None:
        """Write what Salesforce is to hold of it. Raises CrmUnavailable or CrmRefused."""
        match event:
            case ContactErased():
                delete = self._erasure == "delete"
                await erase(self._ask, event, event_id, self._map, delete=delete, tasks=self._tasks)
            case ContactNameReleased() | ContactAbsorbed():
                await self._correct(event, event_id)
            case _:
                told = records(event, event_id, at, self._map, self._file_links)
                kept = [one for one in told if self._tasks or one.name != TASK]
                await self._write(event, kept)

    async def _write(self, event: Notable, requests: Sequence[Request]) -> None:
        """Write the records; the person is named where they are new, and a lost race run again."""
        for _ in range(ATTEMPTS):
            results = await self._composite.ask(requests)
            if lacks(results[0], NAME):
                requests = [named(requests[0], event), *requests[1:]]
            elif all(code_of(one) != TAKEN for one in results):
                break
        _require(requests, results)

    async def _correct(self, event: Correction, event_id: EventId) -> None:
        """Change names only where they are what we think: others may have come since."""
        wanted = read("contact", "Contact", CONTACT_KEY, event.contact_id, WA_ID, USER_ID, PHONE)
        (known,) = await self._ask([wanted])
        if code_of(known) in UNKNOWN:
            return
        if not isinstance(known.body, dict):
            raise CrmUnavailable("answer-not-understood")
        corrected = corrections(event, known.body)
        await self._ask([contact(event.contact_id, event_id, corrected, only_known=True)])

    async def _ask(self, requests: Sequence[Request]) -> list[Result]:
        results = await self._composite.ask(requests)
        _require(requests, results)
        return results


def _require(requests: Sequence[Request], results: Sequence[Result]) -> None:
    """Raise the first failure; it is none that a record is missing where it may."""
    missing = False
    for request, result in zip(requests, results, strict=True):
        code = code_of(result)
        missing |= request.may_miss and code in UNKNOWN
        if missing and code in {HALTED, *UNKNOWN}:
            continue
        if wrong := failure(result):
            raise wrong
