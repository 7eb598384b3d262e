"""News about the account in which people occur: echoes, old talks, calls, preferences, contacts."""

from domain import account_updates as news
from domain.messages import InboundMessage
from ingress.use_cases.content import content_of
from ingress.use_cases.lenient import (
    JsonObject,
    Unreadable,
    identifier,
    instant,
    objects,
    part,
    text,
    whole_number,
)
from ingress.use_cases.people import Someone, someone
from ingress.use_cases.surroundings import errors_of


def preferences(value: JsonObject) -> news.Preferences | None:
    """Return what people want of marketing."""
    found = [_preference(one) for one in objects(value.get("user_preferences"))]
    return news.Preferences(phone_number_id=_number(value), preferences=found) if found else None


def echoes(value: JsonObject) -> news.Echoes | None:
    """Return what colleagues wrote; one that has no id is left to `value`."""
    found = [_echo(one) for one in objects(value.get("message_echoes"))]
    told = [one for one in found if one is not None]
    return news.Echoes(phone_number_id=_number(value), echoes=told) if told else None


def history(value: JsonObject) -> news.History | None:
    """Return how much of old talks came, or why none did."""
    pieces = list(objects(value.get("history")))
    errors = next(filter(None, map(errors_of, [value, *pieces])), None)
    media = sum(1 for _ in objects(value.get("messages")))
    if not (pieces or media or errors):
        return None
    return news.History(
        phone_number_id=_number(value),
        chunks=[_chunk(piece) for piece in pieces if "threads" in piece],
        media=media,
        errors=errors,
    )


def address_book(value: JsonObject) -> news.AddressBook | None:
    """Return what changed in the address book of the phone."""
    found = [_contact(one) for one in objects(value.get("state_sync"))]
    return news.AddressBook(phone_number_id=_number(value), changes=found) if found else None


def calls(value: JsonObject) -> news.Calls | None:
    """Return what happened to calls, and how far their ringing got."""
    found = [_call(one, "event") for one in objects(value.get("calls"))]
    found += [_call(one, "status") for one in objects(value.get("statuses"))]
    return news.Calls(phone_number_id=_number(value), calls=found) if found else None


def _preference(preference: JsonObject) -> news.Preference:
    person = someone(
        preference.get("wa_id"), preference.get("user_id"), preference.get("parent_user_id")
    )
    return news.Preference(
        category=text(preference.get("category")),
        value=text(preference.get("value")),
        detail=text(preference.get("detail")),
        at=instant(preference.get("timestamp")),
        signup_id=identifier(preference.get("signup_id")),
        personal=news.Named(**_named(person)),
    )


def _echo(echo: JsonObject) -> news.Echo | None:
    wamid = identifier(echo.get("id"))
    if wamid is None:
        return None
    person = someone(echo.get("to"), echo.get("to_user_id"), echo.get("to_parent_user_id"))
    return news.Echo(
        at=instant(echo.get("timestamp")),
        personal=news.EchoedMessage(wamid=wamid, message=_content(echo), **_named(person)),
    )


def _content(echo: JsonObject) -> InboundMessage | None:
    try:
        return content_of(echo)
    except Unreadable:
        return None


def _chunk(piece: JsonObject) -> news.HistoryChunk:
    about, threads = part(piece, "metadata"), list(objects(piece.get("threads")))
    return news.HistoryChunk(
        phase=whole_number(about.get("phase")),
        chunk_order=whole_number(about.get("chunk_order")),
        progress=whole_number(about.get("progress")),
        threads=len(threads),
        messages=sum(1 for thread in threads for _ in objects(thread.get("messages"))),
    )


def _contact(change: JsonObject) -> news.AddressBookChange:
    contact = part(change, "contact")
    return news.AddressBookChange(
        action=text(change.get("action")),
        at=instant(part(change, "metadata").get("timestamp")),
        personal=news.AddressBookEntry(
            full_name=text(contact.get("full_name")),
            first_name=text(contact.get("first_name")),
            phone=text(contact.get("phone_number")),
        ),
    )


def _call(call: JsonObject, key: str) -> news.Call:
    # The person is at the other end: who calls, or who is called.
    theirs = "from" if text(call.get("direction")) == "USER_INITIATED" else "to"
    person = someone(
        call.get(theirs) if key == "event" else call.get("recipient_id"),
        call.get(f"{theirs}_user_id") if key == "event" else call.get("recipient_user_id"),
    )
    return news.Call(
        event=text(call.get(key)),
        direction=text(call.get("direction")),
        at=instant(call.get("timestamp")),
        personal=news.Caller(call_id=identifier(call.get("id")), **_named(person)),
    )


def _named(person: Someone) -> dict[str, str | None]:
    return {
        "wa_id": person.wa_id,
        "user_id": person.user_id,
        "parent_user_id": person.parent_user_id,
    }


def _number(value: JsonObject) -> str | None:
    return identifier(part(value, "metadata").get("phone_number_id"))
