"""Every topic: its name, its one writer, what its key means and how it is kept."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

MAX_MESSAGE_BYTES = 6 * 1024 * 1024
"""Room for a webhook of 4 MiB with its headers."""

MAX_COMMAND_BYTES = MAX_MESSAGE_BYTES - 1024 * 1024
"""Of a command's data: the event that it leads to adds to it, and must fit its topic, too."""

MAX_EVENT_BYTES = MAX_MESSAGE_BYTES - 512 * 1024
"""Of an event's data."""

MAX_HEADER_BYTES = 256 * 1024
"""Of a command's key and headers together, of which its events repeat the most."""

MAX_PARKED_BYTES = MAX_MESSAGE_BYTES + 64 * 1024
"""Room for the largest record and the story of its parking; producers' `max_request_size` too."""

PARTITIONS = 6
"""On a laptop. `session-commands` and `session-events` always have the same number."""


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic without the installation's prefix.

    Of a compacted one the last record of each key is kept, for no longer than `retention`.
    """

    name: str
    writer: str
    key: str
    retention: timedelta | None
    partitions: int = PARTITIONS
    compacted: bool = False
    max_message_bytes: int = MAX_MESSAGE_BYTES

    @property
    def cleanup(self) -> tuple[str, ...]:
        """How Kafka makes room, in its own words."""
        if not self.compacted:
            return ("delete",)
        return ("compact",) if self.retention is None else ("compact", "delete")

    @property
    def settings(self) -> Mapping[str, str]:
        """How it is made, under Kafka's names; times in milliseconds."""
        kept = -1 if self.retention is None else int(self.retention.total_seconds() * 1000)
        return {
            "cleanup.policy": ",".join(self.cleanup),
            "retention.ms": str(kept),
            "max.message.bytes": str(self.max_message_bytes),
        }


SESSION_COMMANDS = Topic(
    "session-commands",
    writer="ingress, and each service that answers an event",
    key="{phone_number_id}/{user} from ingress, else the contact id",
    retention=timedelta(days=14),
)
SESSION_EVENTS = Topic(
    "session-events", writer="session-core", key="contact id", retention=timedelta(days=30)
)
SESSION_COMMANDS_PARKED = Topic(
    "session-commands.parked",
    writer="session-core",
    key="as the command had it",
    retention=timedelta(days=30),
    max_message_bytes=MAX_PARKED_BYTES,
)
ACCOUNT_UPDATES = Topic(
    "account-updates", writer="ingress", key="business account id", retention=timedelta(days=30)
)
WEBHOOK_PARKED = Topic(
    "webhook-parked",
    writer="ingress",
    key="none",
    retention=timedelta(days=30),
    max_message_bytes=MAX_PARKED_BYTES,
)
PARKED_BY_SENDER = Topic(
    "session-events.parked.sender",
    writer="sender",
    key="as the event had it",
    retention=timedelta(days=30),
    max_message_bytes=MAX_PARKED_BYTES,
)
PARKED_BY_FILE_MANAGER = Topic(
    "session-events.parked.file-manager",
    writer="file-manager",
    key="as the event had it",
    retention=timedelta(days=30),
    max_message_bytes=MAX_PARKED_BYTES,
)
PARKED_BY_CRM_NOTIFIER = Topic(
    "session-events.parked.crm-notifier",
    writer="crm-notifier",
    key="as the event had it",
    retention=timedelta(days=30),
    max_message_bytes=MAX_PARKED_BYTES,
)

REDRIVEN_TO_SENDER = Topic(
    "session-events.redriven.sender",
    writer="agentctl",
    key="as the event had it",
    retention=timedelta(days=30),
    max_message_bytes=MAX_PARKED_BYTES,
)
REDRIVEN_TO_FILE_MANAGER = replace(REDRIVEN_TO_SENDER, name="session-events.redriven.file-manager")
REDRIVEN_TO_CRM_NOTIFIER = replace(REDRIVEN_TO_SENDER, name="session-events.redriven.crm-notifier")
OPERATOR_ACTS = Topic(
    "operator-acts",
    writer="agentctl",
    key="what was acted upon, such as `sender/3/17`",
    retention=timedelta(days=365),
)
SENDER_LEDGER = Topic(
    "sender-ledger",
    writer="sender",
    key="reply id; `deferred/` and reply id; `person/` and contact id",
    retention=SESSION_EVENTS.retention,
    compacted=True,
)

ALL: tuple[Topic, ...] = (
    SESSION_COMMANDS,
    SESSION_EVENTS,
    SESSION_COMMANDS_PARKED,
    ACCOUNT_UPDATES,
    WEBHOOK_PARKED,
    PARKED_BY_SENDER,
    PARKED_BY_FILE_MANAGER,
    PARKED_BY_CRM_NOTIFIER,
    REDRIVEN_TO_SENDER,
    REDRIVEN_TO_FILE_MANAGER,
    REDRIVEN_TO_CRM_NOTIFIER,
    OPERATOR_ACTS,
    SENDER_LEDGER,
)


def parked_by_crm_notifier(destination: str) -> Topic:
    """Return where a CRM of this name finds what it refused; it has to be created with the CRM."""
    return replace(PARKED_BY_CRM_NOTIFIER, name=f"{PARKED_BY_CRM_NOTIFIER.name}-{destination}")


def redriven_to_crm_notifier(destination: str) -> Topic:
    """Return where a CRM of this name is sent again what was parked for it; made with the CRM."""
    return replace(REDRIVEN_TO_CRM_NOTIFIER, name=f"{REDRIVEN_TO_CRM_NOTIFIER.name}-{destination}")
