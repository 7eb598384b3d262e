"""How the bucket itself tells whose files it holds, and when their days are over.

Objects without content, beside the files. Their names say everything, so one listing answers:

index/contacts/{contact}/{sha256}[.{days}d]/{key}                    whose file, which bytes
index/ending/{days}d/{last day}/{contact}/{sha256}.{days}d/{key}     when it is to be deleted
index/merged/{contact}/{younger contact}                             who was the same person
index/erased/{contact}                                               whose files were deleted
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from domain.ports.files import Filing
from domain.values import ContactId

INDEX = "index/"
ENDING = f"{INDEX}ending/"
_ENDING = re.compile(
    ENDING + r"(?P<days>[0-9]{1,4})d/(?P<day>[0-9-]{10})"
    r"/(?P<contact>[^/]+)/(?P<bytes>[^/]+)/(?P<key>.+)"
)
_KEY = 2
"""Behind contact and bytes."""


@dataclass(frozen=True, slots=True)
class Ending:
    """A file whose days will be over, as its entry's name tells."""

    entry: str
    key: str
    of_contact: str
    """The other entry that it has."""
    last_day: date
    days: int


def of_contact(contact_id: ContactId) -> str:
    """Return how the names of all entries of the person's files begin."""
    return f"{INDEX}contacts/{contact_id}/"


def of_bytes(contact_id: ContactId, sha256: str, keep_days: int | None) -> str:
    """Return how the names of the entries of these bytes of the person begin."""
    days = "" if keep_days is None else f".{keep_days}d"
    return f"{of_contact(contact_id)}{sha256}{days}/"


def of_merged(contact_id: ContactId) -> str:
    """Return how the names of those begin who were the same person."""
    return f"{INDEX}merged/{contact_id}/"


def of_erased(contact_id: ContactId) -> str:
    """Return the name of what says that the person's files were deleted."""
    return f"{INDEX}erased/{contact_id}"


def entries(key: str, sha256: str, filing: Filing) -> list[str]:
    """Return the names of a file's entries. The one that ends it comes first."""
    named = f"{of_bytes(filing.contact_id, sha256, filing.keep_days)}{key}"
    if filing.keep_days is None:
        return [named]
    last = filing.uploaded_at.astimezone(UTC) + timedelta(days=filing.keep_days)
    rest = named.removeprefix(f"{INDEX}contacts/")
    return [f"{ENDING}{filing.keep_days}d/{last.date().isoformat()}/{rest}", named]


def key_of_entry(entry: str) -> str:
    """Return which file an entry of a contact is about."""
    return entry.removeprefix(f"{INDEX}contacts/").split("/", _KEY)[_KEY]


def ending(entry: str) -> Ending | None:
    """Read the name of an entry about the end of a file; None where it is not one of ours."""
    found = _ENDING.fullmatch(entry)
    if found is None:
        return None
    try:
        last_day = date.fromisoformat(found["day"])
    except ValueError:
        return None
    return Ending(
        entry=entry,
        key=found["key"],
        of_contact=f"{INDEX}contacts/{found['contact']}/{found['bytes']}/{found['key']}",
        last_day=last_day,
        days=int(found["days"]),
    )


def days_of(folder: str) -> int | None:
    """Read for how many days the files are kept that end in this folder; None as above."""
    days = folder.removeprefix(ENDING).removesuffix("d/")
    return int(days) if days.isdecimal() and days.isascii() else None


def is_over(one: Ending, now: datetime) -> bool:
    """Say whether its last day has passed, wherever it began."""
    return now.astimezone(UTC).date() > one.last_day
