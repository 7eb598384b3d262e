"""What an operator has to see stands at /metrics of the service that knows it."""

import asyncio

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from devstack.endpoints import Endpoints
from domain.topics import PARTITIONS
from watching import Meet, until

pytestmark = pytest.mark.system

READERS = {"sender", "file-manager", "crm-notifier"}
SEEN: dict[str, set[str]] = {
    "ingress": {
        "ingress_webhooks_total",
        "ingress_webhook_seconds_bucket",
        "messaging_client_operation_duration_seconds_bucket",
        "messaging_client_sent_messages_total",
    },
    "session-core": {
        "session_core_lag_commands",
        "session_core_oldest_command_age_seconds",
        "session_core_batch_size_bucket",
        "session_core_append_seconds_bucket",
        "session_core_publish_seconds_bucket",
        "session_core_due_timers",
        "session_core_parked_commands_total",
        "session_core_halted_shards",
        "messaging_client_consumed_messages_total",
        "messaging_client_operation_duration_seconds_bucket",
        "messaging_process_duration_seconds_bucket",
    },
    **{
        name: {
            "streaming_lag_records",
            "streaming_oldest_record_age_seconds",
            "streaming_fetch_records_bucket",
            "streaming_circuit_open",
            "streaming_parked_records_total",
            "streaming_retried_records_total",
            "messaging_client_consumed_messages_total",
        }
        for name in READERS
    },
}
SEEN["sender"] |= {
    "sender_calls_total",
    "sender_deferred_replies",
    "outgoing_call_seconds_bucket",
    "messaging_process_duration_seconds_bucket",
}
SEEN["crm-notifier"] |= {
    "crm_notifier_calls_total",
    "crm_notifier_paused",
    "outgoing_call_seconds_bucket",
}
BY_PARTITION = ("streaming_lag_records", "streaming_oldest_record_age_seconds")


async def test_every_service_shows_what_an_operator_has_to_see(
    known: Endpoints, meet: Meet
) -> None:
    person = meet()
    await person.write("hello")
    await person.next_reply()

    async def missing() -> bool | None:
        shown = await asyncio.gather(*(_shown(known, name) for name in SEEN))
        names = [{name for name, _ in one} for one in shown]
        return all(SEEN[name] <= one for name, one in zip(SEEN, names, strict=True)) or None

    await until(missing, f"all of {SEEN}")
    for name in READERS:
        shown_by = await _shown(known, name)
        partitions = {labels["partition"] for one, labels in shown_by if one in BY_PARTITION}
        assert partitions == {str(number) for number in range(PARTITIONS)}, name


async def _shown(known: Endpoints, name: str) -> list[tuple[str, dict[str, str]]]:
    async with httpx.AsyncClient(trust_env=False) as http:
        page = (await http.get(f"{known.services[name].url}/metrics")).raise_for_status().text
    families = text_string_to_metric_families(page)
    return [(one.name, one.labels) for family in families for one in family.samples]
