"""The business sends: refuse as Meta would, or put the message on the person's phone."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from simulator.envelopes import Business
from simulator.faults import FaultBoard
from simulator.graph_errors import (
    BAD_VALUE,
    SENDER_IS_RECIPIENT,
    AnswerLost,
    GraphError,
    Unreached,
    webhook_error,
)
from simulator.ids import new_wamid
from simulator.journal import Journal
from simulator.media import MediaStore
from simulator.outbound import check_message, check_receipt
from simulator.people import Entry, People, Person, Shown, at
from simulator.refusing import Fate, Refusals
from simulator.statuses import Statuses

FRAME = frozenset(
    {"messaging_product", "recipient_type", "to", "recipient", "biz_opaque_callback_data"}
)


async def _never() -> bool:
    return False


class Sending:
    """What `POST /messages` does. `counts` says how often it accepted and refused, by code."""

    def __init__(
        self,
        *,
        business: Business,
        people: People,
        media: MediaStore,
        refusals: Refusals,
        faults: FaultBoard,
        statuses: Statuses,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        journal: Journal | None = None,
    ) -> None:
        self._journal = journal or Journal(None)
        self._business = business
        self._people = people
        self._media = media
        self._refusals = refusals
        self._faults = faults
        self._statuses = statuses
        self._clock = clock
        self._sleep = sleep
        self.counts: Counter[str] = Counter()
        self.waiting = 0
        """Calls that a fault holds, or whose answer it holds back."""

    async def handle(
        self, body: Mapping[str, Any], hung_up: Callable[[], Awaitable[bool]] = _never
    ) -> dict[str, Any]:
        """Return Meta's answer to a send, a read receipt or a typing indicator; else GraphError.

        Raises Unreached or AnswerLost where there is none. A latency fault holds back the answer,
        not the message: as with Meta, the person may have it, and its first status may come,
        before the business knows that it was accepted. `hung_up` says whether the caller is gone.
        """
        faults = self._faults.now.sends
        if faults.hold_s:
            await self._wait(faults.hold_s)
            if await hung_up():
                self._lose_call(body)
                raise Unreached
        try:
            return self._decide(body)
        finally:
            if faults.latency_s:
                await self._wait(faults.latency_s)

    def _lose_call(self, body: Mapping[str, Any]) -> None:
        self.counts["unreached"] += 1
        self._journal.write("unreached", reply_id=body.get("biz_opaque_callback_data"))

    async def _wait(self, seconds: float) -> None:
        self.waiting += 1
        try:
            await self._sleep(seconds)
        finally:
            self.waiting -= 1

    def _decide(self, body: Mapping[str, Any]) -> dict[str, Any]:
        try:
            return self._read(body) if body.get("status") == "read" else self._send(body)
        except GraphError as error:
            self.counts[str(error.code)] += 1
            self._journal.write(
                "refused", reply_id=body.get("biz_opaque_callback_data"), code=error.code
            )
            raise
        except Unreached:
            self._lose_call(body)
            raise

    def _read(self, body: Mapping[str, Any]) -> dict[str, Any]:
        wamid = check_receipt(body)
        found = self._people.by_wamid(wamid)
        if found is None or found[1].direction != "in":
            raise GraphError(BAD_VALUE, "Param message_id is not a message of a person")
        person, _ = found
        self._people.mark_read_up_to(person, wamid)
        if "typing_indicator" in body:
            self._people.show_typing(person)
        self.counts["read_receipts"] += 1
        return {"success": True}

    def _send(self, body: Mapping[str, Any]) -> dict[str, Any]:
        check_message(body, self._media.kind_of)
        person = self._recipient(body)
        fate = self._refusals.decide(person, body)
        entry = Entry(
            direction="out",
            at=at(self._clock()),
            wamid=new_wamid(person.key, from_person=False),
            message={"type": "text", **{k: v for k, v in body.items() if k not in FRAME}},
            reply_id=body.get("biz_opaque_callback_data"),
            shown=_shown(person, body),
            category=fate.category,
        )
        self._journal.write(
            "accepted",
            lane=person.lane,
            wamid=entry.wamid,
            reply_id=entry.reply_id,
            message=entry.message,
            fails=fate.fails,
            answered=fate.answered,
        )
        self._hand_over(person, entry, fate)
        self.counts["accepted"] += 1
        if not fate.answered:
            self.counts["answers lost"] += 1
            raise AnswerLost
        return _accepted(body, person, entry)

    def _recipient(self, body: Mapping[str, Any]) -> Person:
        if "to" in body:
            number = "".join(filter(str.isdigit, body["to"]))
            if number == "".join(filter(str.isdigit, self._business.display_phone_number)):
                raise GraphError(SENDER_IS_RECIPIENT, "Sender and recipient are the same number")
            return self._people.meet(number)
        person = self._people.by_user_id(body["recipient"])
        if person is None:
            raise GraphError(BAD_VALUE, "Param recipient is not a user id of this business")
        return person

    def _hand_over(self, person: Person, entry: Entry, fate: Fate) -> None:
        if fate.fails is not None:
            error = webhook_error(fate.fails, "The message was accepted and not delivered")
            self._statuses.fail(person, entry, error)
            return
        reaction = entry.message.get("reaction", {}).get("message_id")
        if entry.message["type"] == "reaction" and self._people.by_wamid(reaction) is None:
            error = webhook_error(BAD_VALUE, "The message to react to is not known")
            self._statuses.fail(person, entry, error)
            return
        self._people.add(person, entry)
        self._people.mark_read_up_to(person)
        self._statuses.follow(person, entry)


def _shown(person: Person, body: Mapping[str, Any]) -> Shown:
    """Return what statuses show: the id that the business wrote to, and what the person shows."""
    addressed: Shown = "phone" if "to" in body else "user-id"
    return person.shown if person.shown == addressed else "both"


def _accepted(body: Mapping[str, Any], person: Person, entry: Entry) -> dict[str, Any]:
    contact = (
        {"input": body["to"], "wa_id": person.wa_id}
        if "to" in body
        else {"input": body["recipient"], "user_id": person.user_id}
    )
    message = {"id": entry.wamid}
    if entry.message["type"] == "template":
        message["message_status"] = "accepted"
    return {"messaging_product": "whatsapp", "contacts": [contact], "messages": [message]}
