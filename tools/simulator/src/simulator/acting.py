"""What happens around a conversation: people move, opt out, or hear from the business' phone."""

from collections.abc import Callable, Mapping
from typing import Any, Literal, TypeAlias

from simulator.account import Account
from simulator.envelopes import Business, Update, contact_of, message_update, names_of
from simulator.ids import new_wamid
from simulator.people import Entry, People, Person, at
from simulator.statuses import Statuses
from simulator.webhooks import Delivery, Webhook

Preference: TypeAlias = Literal["stop", "resume", "signup"]
Named: TypeAlias = Mapping[str, Any]

DETAILS: Mapping[Preference, str] = {
    "stop": "User requested to stop marketing messages",
    "resume": "User requested to resume marketing messages",
    "signup": "User signed up for marketing messages",
}


class Acting:
    """Every act is told to the business at once. All may raise TooManyPending."""

    def __init__(
        self,
        *,
        business: Business,
        people: People,
        delivery: Delivery,
        statuses: Statuses,
        account: Account,
        clock: Callable[[], float],
    ) -> None:
        self._business = business
        self._people = people
        self._delivery = delivery
        self._statuses = statuses
        self._account = account
        self._clock = clock

    def echo(self, person: Person, message: Named) -> str:
        """Let somebody of the business write from its phone app; return the wamid."""
        entry = Entry(
            "out", at(self._clock()), new_wamid(person.key, from_person=False), dict(message)
        )
        echo = {
            "from": self._business.display_phone_number,
            **names_of(person, person.shown, "to", "to_user_id", "to_parent_user_id"),
            "id": entry.wamid,
            "timestamp": self._timestamp(),
            **message,
        }
        value = {**self._business.metadata(), "message_echoes": [echo]}
        self._send(person, Update("smb_message_echoes", value, at=int(self._clock())))
        self._people.add(person, entry)
        return entry.wamid

    def prefer(self, person: Person, preference: Preference) -> None:
        """Let a person stop or take up marketing messages (user_preferences)."""
        wish = {
            **names_of(person, person.shown, "wa_id", "user_id", "parent_user_id"),
            "detail": DETAILS[preference],
            "category": "marketing_messages",
            "value": preference,
            "timestamp": int(self._clock()),
        }
        value = {
            **self._business.metadata(),
            "contacts": [contact_of(person, person.shown)],
            "user_preferences": [wish],
        }
        self._send(person, Update("user_preferences", value, at=int(self._clock())))
        person.takes_marketing = preference != "stop"

    def change_number(self, person: Person, wa_id: str) -> str:
        """Let a person move to another number, and so get another user id; return the wamid.

        Raises ValueError when somebody else has the number.
        """
        before = names_of(person, person.shown, "from", "from_user_id", "from_parent_user_id")
        previous = _previous(person)
        old = person.wa_id or person.user_id
        self._people.change_ids(person, wa_id=wa_id)
        names = names_of(person, person.shown, "wa_id", "user_id", "parent_user_id")
        body = f"User {person.name} changed from {old} to {wa_id}"
        shown = previous if "user_id" in names else {}
        system = {"type": "user_changed_number", "body": body, **names, **shown}
        return self._tell_system(person, before, system)

    def change_user_id(self, person: Person) -> str:
        """Give a person another user id, told without any number; return the wamid."""
        previous = _previous(person)
        self._people.change_ids(person, wa_id=person.wa_id)
        names = names_of(person, "user-id", "wa_id", "user_id", "parent_user_id")
        body = f"User {person.name} changed from {previous['previous_user_id']} to {person.user_id}"
        system = {"type": "user_changed_user_id", "body": body, **names, **previous}
        return self._tell_system(person, {}, system)

    def say_exactly(self, person: Person, message: Named, *, with_contacts: bool) -> None:
        """Send a message with nothing added and nothing checked, as odd as it may be."""
        value = {**message_update(self._business, person, message).value}
        if not with_contacts:
            del value["contacts"]
        wamid = str(message.get("id", ""))
        self._send(person, Update("messages", value), wamid=wamid, message=message)

    def tell_status(self, person: Person, wamid: str, content: Named) -> None:
        """Tell any status of any message, known or not, in any order."""
        found = self._people.by_wamid(wamid)
        entry = found[1] if found else Entry("out", at(self._clock()), wamid, {})
        self._statuses.tell(person, entry, content)

    def tell(self, field: str, value: Named, *, metadata: bool) -> None:
        """Send any update of any field; with `metadata` it names the business number first."""
        about = self._business.metadata() if metadata else {}
        self._account.tell(field, {**about, **value})

    def _tell_system(self, person: Person, names: Named, system: Named) -> str:
        wamid = new_wamid(person.key, from_person=True)
        about = {"id": wamid, "timestamp": self._timestamp(), "type": "system", "system": system}
        message = {**names, **about}
        value = {**self._business.metadata(), "messages": [message]}
        self._send(person, Update("messages", value), wamid=wamid, message=about)
        return wamid

    def _send(self, person: Person, update: Update, **about: Any) -> None:
        told = {"field": update.field, "shown": person.shown, **about}
        self._delivery.send(Webhook(person.lane, update, about=told))

    def _timestamp(self) -> str:
        return str(int(self._clock()))


def _previous(person: Person) -> dict[str, str]:
    parent = person.parent_user_id
    ids = {"previous_user_id": person.user_id, "previous_parent_user_id": parent}
    return {key: value for key, value in ids.items() if value is not None}
