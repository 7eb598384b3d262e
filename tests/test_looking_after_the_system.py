"""An operator looks after the running system from a terminal."""

import asyncio
import json
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from agentctl.__main__ import app
from agentctl.checks.everything import CHECKS
from devstack.stack import Stack
from watching import Meet, until

pytestmark = pytest.mark.system


async def agentctl(stack: Stack, *line: str) -> Any:
    endpoints = ["--endpoints", str(stack.site.endpoints)]
    return await asyncio.to_thread(CliRunner().invoke, app, [*endpoints, *line])


async def waiting(stack: Stack) -> list[dict[str, str]]:
    listed = await agentctl(stack, "parked", "list", "webhooks", "--json")
    found: list[dict[str, str]] = json.loads(listed.stdout)
    return found


async def test_the_doctor_finds_nothing_wrong_with_a_system_that_works(
    whole_stack: Stack,
) -> None:
    # The flows of a private stack are not beside its addresses.
    only = [part for name in CHECKS if name != "flows" for part in ("--only", name)]

    answer = await agentctl(whole_stack, "doctor", "--json", *only)

    told = json.loads(answer.stdout)["findings"]
    assert [one for one in told if one["state"] == "failed"] == []
    assert {"kafka", "topics", "schema", "token", "subscription", "webhook"} <= {
        one["check"] for one in told
    }


async def test_what_happens_to_a_person_is_seen_without_their_words(
    whole_stack: Stack, meet: Meet
) -> None:
    ana = meet()
    await ana.write("my secret words")

    async def received() -> str | None:
        told = await tailed(whole_stack, ana.wa_id)
        return told if "message.received" in told else None

    seen = await until(received, "what the person wrote", within_s=90)

    assert "secret" not in seen
    assert "secret" in await tailed(whole_stack, ana.wa_id, "--unmasked")


async def tailed(stack: Stack, number: str, *more: str) -> str:
    answer = await agentctl(stack, "tail", "--person", number, "--last", "50", *more)
    told: str = answer.output
    return told


async def test_a_webhook_that_was_not_understood_goes_through_the_front_door_again(
    whole_stack: Stack, simulator: httpx.AsyncClient
) -> None:
    odd = {"object": "whatsapp_business_account", "entry": "odd"}
    raw = {"body": json.dumps(odd), "sign": True}
    (await simulator.post("/simulator/webhooks/raw", json=raw)).raise_for_status()
    before = await waiting(whole_stack)
    place = before[-1]["place"]

    done = await agentctl(
        whole_stack, "parked", "redrive", "webhooks", place, "--why", "a test", "--yes"
    )
    after = await waiting(whole_stack)

    assert "redriven: 1 of 1" in done.output
    assert place not in [one["place"] for one in after]
    assert len(after) == len(before), "ingress understands it no better, and has parked it anew"
