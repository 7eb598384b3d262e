"""For operators' tests: one session that was handed off, and what was sent about it."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from domain.commands import Command
from domain.ports.event_store import StoreUnavailable
from domain.ports.operators import CommandNotSent, ContactHome, SessionHome, SessionLine, ShardEnd
from domain.values import NAMESPACE, CommandId, ContactId, SessionId

ANA = "15550001111"
CONTACT, SESSION = ContactId(NAMESPACE), SessionId(NAMESPACE)


class OneSession:
    """A directory with one session that was handed off, unless the database is down."""

    def __init__(self) -> None:
        self.down = False

    async def home_of(self, session_id: SessionId) -> SessionHome | None:
        self._answer()
        return SessionHome(CONTACT, 1, "handed-off") if session_id == SESSION else None

    async def home_of_contact(self, contact_id: ContactId) -> ContactHome | None:
        self._answer()
        return ContactHome(1, merged=False) if contact_id == CONTACT else None

    async def had_effect(self, stream_id: UUID, command_id: CommandId) -> bool:  # noqa: ARG002 never
        return False

    async def newest(self, *, handed_off: bool, limit: int) -> Sequence[SessionLine]:  # noqa: ARG002 none
        self._answer()
        return []

    async def ends(self) -> Mapping[int, ShardEnd]:
        return {}

    def _answer(self) -> None:
        if self.down:
            raise StoreUnavailable(f"no connection for {ANA}")


class Outbox:
    """Keeps what is sent, unless Kafka is down."""

    def __init__(self) -> None:
        self.down = False
        self.sent: list[tuple[CommandId, Command, str, int | None]] = []

    async def send(
        self, command: Command, *, command_id: CommandId, key: str, shard: int | None
    ) -> None:
        if self.down:
            raise CommandNotSent("no ack")
        self.sent.append((command_id, command, key, shard))
