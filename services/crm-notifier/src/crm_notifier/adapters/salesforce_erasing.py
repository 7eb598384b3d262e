"""Forgetting a person in Salesforce: what we wrote about them goes, and they are marked."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from crm_notifier.adapters.salesforce_errors import UNKNOWN, code_of, failure
from crm_notifier.adapters.salesforce_records import (
    CASE_KEY,
    CONTACT_KEY,
    ERASED,
    EVENT,
    MERGED_INTO,
    NAME,
    NAMELESS,
    PHONE,
    PROFILE_NAME,
    USER_ID,
    WA_ID,
    contact,
)
from crm_notifier.adapters.salesforce_requests import (
    Field,
    Fields,
    Request,
    Result,
    query,
    remove,
    remove_all,
)
from crm_notifier.mapping import CrmMap
from domain.events import ContactErased
from domain.ports.crm import CrmUnavailable
from domain.values import ContactId, EventId

Ask = Callable[[Sequence[Request]], Awaitable[list[Result]]]
"""Raises what went wrong, but for a record that is not there."""

PAGE = 200
"""Records that can be removed in one request (REST API, sObject Collections)."""

_REFUSED = 400
_OUR_TASKS = f"SELECT Id FROM Task WHERE WhoId = '{{contact}}' AND {EVENT} != null LIMIT {PAGE}"  # noqa: S608
_OUR_CASES = (
    f"SELECT Id FROM Case WHERE ContactId = '{{contact}}' AND {CASE_KEY} != null LIMIT {PAGE}"  # noqa: S608
)
"""What we opened or noted about a person; `{contact}` becomes Salesforce's own id of them."""
_YOUNGER = f"SELECT {CONTACT_KEY} FROM Contact WHERE {MERGED_INTO} = '%s' LIMIT {PAGE}"  # noqa: S608
"""Who turned out to be the same person: nobody else tells that they are to be forgotten."""


async def erase(
    ask: Ask,
    event: ContactErased,
    event_id: EventId,
    crm_map: CrmMap,
    *,
    delete: bool,
    tasks: bool,
) -> None:
    """Empty the person of what we wrote, or `delete` them; remove our tasks and cases.

    The same goes for whoever was merged into them. Who is not known is not made known; what a
    broken attempt left is removed by the next.
    """
    for one in await _all_of_them(ask, event.contact_id):
        emptied = contact(one, event_id, _nothing(crm_map), only_known=True)
        known = await _remove_ours(ask, emptied, tasks=tasks)
        if known and delete:
            await ask([remove("contact", "Contact", CONTACT_KEY, one)])


async def _all_of_them(ask: Ask, person: ContactId) -> list[ContactId]:
    """Return the person, and before them all who were merged into them, one after the other."""
    found = [person]
    for older in found:
        (answer,) = await ask([query("younger", _YOUNGER % older)])
        younger = [_id(one) for one in _listed(answer.body, "records")]
        found += [one for one in younger if one not in found]
    return found[::-1]


def _id(record: Mapping[str, Any]) -> ContactId:
    try:
        return ContactId(UUID(record[CONTACT_KEY]))
    except (KeyError, TypeError, ValueError, AttributeError):
        raise CrmUnavailable("answer-not-understood") from None


async def _remove_ours(ask: Ask, emptied: Request, *, tasks: bool) -> bool:
    """Say whether the person is known."""
    for soql in (_OUR_TASKS, _OUR_CASES) if tasks else (_OUR_CASES,):
        if not await _remove_all(ask, emptied, soql):
            return False
    return True


def _nothing(crm_map: CrmMap) -> Fields:
    """Return the fields that we may have filled, empty; but for the name, which has to be."""
    mapped = {field for flow in crm_map.flows.values() for field in flow.answers.values()}
    ours = {WA_ID, USER_ID, PROFILE_NAME, PHONE}
    emptied: dict[str, Field] = dict.fromkeys(sorted(mapped | ours))
    return {**emptied, NAME: NAMELESS, ERASED: True}


async def _remove_all(ask: Ask, emptied: Request, soql: str) -> bool:
    """Remove page after page; say whether the person is known."""
    while True:
        known, found = await ask([emptied, query("found", soql)])
        if code_of(known) in UNKNOWN:
            return False
        ids = [str(one["Id"]) for one in _listed(found.body, "records")]
        if not ids:
            return True
        (removed,) = await ask([remove_all("removed", ids)])
        for one in _listed({"removed": removed.body}, "removed"):
            _require_removed(one)


def _require_removed(one: Any) -> None:
    """Raise what kept a record from going; that it is gone already is none."""
    answer = Result(_REFUSED, one.get("errors"))
    gone = one.get("success") is True or code_of(answer) in UNKNOWN
    if not gone and (wrong := failure(answer)):
        raise wrong


def _listed(body: Any, name: str) -> list[Any]:
    listed = body.get(name) if isinstance(body, dict) else None
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise CrmUnavailable("answer-not-understood")
    return listed
