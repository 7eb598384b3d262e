"""CRMs of vendors, played strictly, and what each says that it was told."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol, TypeAlias

from aiohttp import web

from hubspot_fake import FakeHubSpot
from salesforce_fake import FakeSalesforce

Hear: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Listens(Protocol):
    """A CRM on loopback."""

    @property
    def refuses(self) -> frozenset[str]:
        """The events that it does not take, whatever is tried."""

    @property
    def calls(self) -> int:
        """How often it was called."""

    @property
    def accepted(self) -> Mapping[str, list[str]]:
        """By contact the ids of events, in the order in which they were told first."""

    @property
    def hear(self) -> Hear: ...

    def wrong(self) -> list[str]:
        """What was asked of it that nobody may ask."""


class HubSpot:
    """Each event writes the contact, and says by which event."""

    refuses = frozenset[str]()

    def __init__(self) -> None:
        self._fake = FakeHubSpot()
        self.hear: Hear = self._fake.answer

    @property
    def calls(self) -> int:
        return len(self._fake.calls)

    @property
    def accepted(self) -> Mapping[str, list[str]]:
        told: dict[str, list[str]] = defaultdict(list)
        for call, body in self._fake.calls:
            if call == "upsert contacts":
                for row in body["inputs"]:
                    if row["objectWriteTraceId"] not in told[row["id"]]:
                        told[row["id"]].append(row["objectWriteTraceId"])
        return told

    def wrong(self) -> list[str]:
        return self._fake.violations


class Salesforce:
    """The same, of Salesforce."""

    refuses = frozenset[str]()

    def __init__(self) -> None:
        self._fake = FakeSalesforce()
        self.hear: Hear = self._fake

    @property
    def calls(self) -> int:
        return self._fake.calls

    @property
    def accepted(self) -> Mapping[str, list[str]]:
        told: dict[str, list[str]] = defaultdict(list)
        for contact, event in self._fake.told:
            if event not in told[contact]:
                told[contact].append(event)
        return told

    def wrong(self) -> list[str]:
        return []
