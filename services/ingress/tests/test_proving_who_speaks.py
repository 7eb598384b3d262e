"""Only WhatsApp is listened to."""

import hashlib
import hmac
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from ingress.adapters.memory_command_log import MemoryCommandLog
from ingress.handlers import Door, webhook_api
from ingress.handlers.in_flight import InFlight
from ingress.use_cases.taking import TakeWebhook

Make = Callable[..., Any]
Post = Callable[..., Awaitable[int]]

NUMBER = "106540352242922"
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SECRET = "the-app-secret"


async def test_a_rightly_signed_webhook_is_kept_and_thanked(
    post: Post, log: MemoryCommandLog, webhook: Make, text: Make
) -> None:
    assert await post(webhook(messages=[text()])) == 200
    assert len(log.entries) == 1


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "sha256=",
        "sha256=" + "0" * 64,
        "sha256=not hex at all",
        "sha256=é",
        "sha1=" + "0" * 40,
        "0" * 64,
    ],
)
async def test_a_forged_or_missing_signature_is_refused_without_a_word(
    door: httpx.AsyncClient, log: MemoryCommandLog, webhook: Make, text: Make, header: str | None
) -> None:
    headers = [] if header is None else [(b"x-hub-signature-256", header.encode("latin-1"))]

    answer = await door.post("/webhook", content=webhook(messages=[text()]), headers=headers)

    assert (answer.status_code, answer.content) == (401, b"")
    assert log.entries == []


async def test_the_right_digest_under_another_algorithm_is_refused(
    post: Post, signature: Callable[[bytes], str], webhook: Make, text: Make
) -> None:
    body = webhook(messages=[text()])

    assert await post(body, signature(body).replace("sha256=", "sha1=")) == 401
    assert await post(body, signature(body).removeprefix("sha256=")) == 401


async def test_the_digest_may_be_written_in_capitals(
    post: Post, signature: Callable[[bytes], str], webhook: Make, text: Make
) -> None:
    body = webhook(messages=[text()])

    assert await post(body, "sha256=" + signature(body).removeprefix("sha256=").upper()) == 200


async def test_the_signature_covers_the_bytes_as_sent_not_as_parsed(
    post: Post, signature: Callable[[bytes], str], webhook: Make, text: Make
) -> None:
    body = webhook(messages=[text(body="https://example.org/ä")])
    rewritten = body.replace(b"\\/", b"/")

    assert await post(body) == 200
    assert rewritten != body
    assert await post(rewritten, signature(body)) == 401


@pytest.mark.parametrize(
    ("secret", "answer"),
    [(SECRET, 200), ("the-former-secret", 200), ("another-apps", 200), ("a-strangers", 401)],
)
async def test_while_a_secret_is_exchanged_the_former_and_the_new_one_both_count(  # noqa: PLR0917 fixtures come by name
    log: MemoryCommandLog, room: InFlight, webhook: Make, text: Make, secret: str, answer: int
) -> None:
    door = Door(
        take=TakeWebhook(log, {NUMBER}),
        app_secret=SECRET,
        further_secrets=["the-former-secret", "another-apps"],
        verify_token="the-verify-token",
        in_flight=room,
        now=lambda: NOW,
    )
    body = webhook(messages=[text()])
    signed = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()

    transport = httpx.ASGITransport(app=webhook_api(door))
    async with httpx.AsyncClient(transport=transport, base_url="http://ingress") as client:
        headers = {"x-hub-signature-256": signed}
        answered = await client.post("/webhook", content=body, headers=headers)

    assert answered.status_code == answer
    assert len(log.entries) == (answer == 200)


async def test_a_forged_body_is_never_parsed(post: Post, log: MemoryCommandLog) -> None:
    assert await post(b'{"broken', "sha256=" + "0" * 64) == 401
    assert log.entries == []


RIGHT = {"hub.mode": "subscribe", "hub.verify_token": "the-verify-token", "hub.challenge": "<1158>"}


async def test_whatsapp_gets_its_challenge_back_as_plain_text(door: httpx.AsyncClient) -> None:
    answer = await door.get("/webhook", params=RIGHT)

    assert (answer.status_code, answer.text) == (200, "<1158>")
    assert answer.headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize(
    "wrong",
    [
        {"hub.verify_token": "another"},
        {"hub.verify_token": ""},
        {"hub.verify_token": "the-verify-tokeñ"},
        {"hub.mode": "unsubscribe"},
        {"hub.mode": ""},
    ],
)
async def test_who_does_not_know_the_token_gets_nothing(
    door: httpx.AsyncClient, wrong: dict[str, str]
) -> None:
    answer = await door.get("/webhook", params=RIGHT | wrong)

    assert (answer.status_code, answer.content) == (403, b"")


async def test_a_visit_without_any_question_gets_nothing(door: httpx.AsyncClient) -> None:
    assert (await door.get("/webhook")).status_code == 403
