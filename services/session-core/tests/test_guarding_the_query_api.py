"""Only who holds the token is answered, within bounds, and nobody is quoted."""

import asyncio
import io
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import pytest

from domain.commands import InitiateSession
from installation.desk import CONTACT, SESSION, OneSession, Outbox
from session_core.adapters.postgres_connections import Connections
from session_core.adapters.postgres_session_archive import PostgresSessionArchive
from session_core.handlers.api_guard import MOST_BYTES, Guard
from session_core.handlers.query_api import QueryApi, application
from session_core.use_cases.looking_up import Records
from session_core.use_cases.operating import OperatorsDesk, Unsendable
from streaming import logs

TOKEN = "a-token-of-the-tests"
ANA = "15550001111"
NUMBER = "106540352242922"
LOOKUP = {"session_id": str(SESSION), "lookup_id": str(UUID(int=7))}
BEGIN = {"phone_number_id": NUMBER, "flow": "pet"}


@pytest.fixture
def directory() -> OneSession:
    return OneSession()


@pytest.fixture
def outbox() -> Outbox:
    return Outbox()


@pytest.fixture
def guarded(directory: OneSession, outbox: Outbox) -> Guard:
    archive = PostgresSessionArchive(Connections("postgresql://127.0.0.1:1/nowhere"))
    desk = OperatorsDesk(directory, outbox)
    api = application(QueryApi(Records(archive, directory), desk))
    return Guard(api, TOKEN, patience_seconds=0.2)


@pytest.fixture
async def stranger(guarded: Guard) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=guarded, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://api") as client:
        yield client


@pytest.fixture
def client(stranger: httpx.AsyncClient) -> httpx.AsyncClient:
    """Who holds the token."""
    stranger.headers["authorization"] = f"Bearer {TOKEN}"
    return stranger


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [("authorization", "Bearer another-token-entirely")],
        [("authorization", f"Bearer {TOKEN}x")],
        [("authorization", "Bearer ")],
        [("authorization", f"Basic {TOKEN}")],
        [("authorization", TOKEN)],
        [("authorization", "Bearer tökën".encode("latin-1"))],
        [("authorization", f"Bearer {TOKEN}"), ("authorization", f"Bearer {TOKEN}")],
    ],
    ids=["none", "wrong", "longer", "empty", "basic", "bare", "not ascii", "two"],
)
@pytest.mark.parametrize("path", ["/sessions", "/nowhere"])
async def test_without_the_right_token_there_is_nothing_to_see(
    stranger: httpx.AsyncClient, headers: Any, path: str
) -> None:
    answer = await stranger.get(path, headers=headers)

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json() == {"title": "Unauthorized", "status": 401}


async def test_a_command_without_the_token_is_not_sent(
    stranger: httpx.AsyncClient, outbox: Outbox
) -> None:
    answer = await stranger.post("/commands/release", json={"session_id": str(SESSION)})

    assert answer.status_code == 401
    assert outbox.sent == []


async def test_no_answer_is_kept_by_a_cache(client: httpx.AsyncClient) -> None:
    answers = [await client.get("/sessions"), await client.get("/nowhere")]

    assert [answer.status_code for answer in answers] == [200, 404]
    assert {answer.headers["cache-control"] for answer in answers} == {"no-store"}


async def test_a_body_larger_than_any_command_is_refused(client: httpx.AsyncClient) -> None:
    just = await client.post("/commands/reply", content=b" " * MOST_BYTES)
    more = await client.post("/commands/reply", content=b" " * (MOST_BYTES + 1))

    assert (just.status_code, more.status_code) == (422, 413)


async def test_a_body_that_does_not_come_is_not_waited_for(client: httpx.AsyncClient) -> None:
    async def slow() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(30)

    answer = await client.post("/commands/reply", content=slow())

    assert answer.status_code == 408


@pytest.mark.parametrize(
    "path",
    [
        "/sessions?limit=201",
        "/sessions?limit=0",
        "/sessions?limit=99999999999999999999",
        "/sessions?status=open",
        "/sessions/not-a-uuid",
        f"/sessions/{SESSION}?after=2147483648",
        f"/sessions/{SESSION}?after=-1",
        f"/sessions/{SESSION}/state?version=0",
        f"/sessions/{SESSION}/state?version=2147483648",
        f"/sessions/{SESSION}/state?version=1&at=2026-11-23T12:00:00Z",
        f"/sessions/{SESSION}/state?at=2026-11-23T12:00:00",
        f"/sessions/{SESSION}/state?at=0001-01-01T00:00:00%2B14:00",
        f"/sessions/{SESSION}/state?at=9999-12-31T23:59:59-14:00",
        f"/contacts/{CONTACT}?sessions=1000",
    ],
)
async def test_questions_beyond_all_bounds_are_refused_before_anything_is_read(
    client: httpx.AsyncClient, path: str
) -> None:
    answer = await client.get(path)

    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("reply", {"session_id": str(SESSION), "text": ANA * 2000}),
        ("reply", {"session_id": str(SESSION)}),
        ("reply", {"session_id": str(SESSION), "text": "hi", "message": {"type": "text"}}),
        ("reply", {"session_id": str(SESSION), "message": {"type": ANA}}),
        ("reply", {"session_id": ANA, "text": "hi"}),
        ("reply", {"session_id": str(SESSION), "text": "hi", ANA: 1}),
        ("cancel", {"session_id": str(SESSION), "reason": f"Ana {ANA} asked"}),
        ("complete", {"session_id": str(SESSION), "outcome": ""}),
        ("initiate", {"phone_number_id": "1", "flow": "pet", "to": f"tel:{ANA}"}),
        ("initiate", {**BEGIN, "to": ANA, "language": f"{ANA} es"}),
        ("initiate", {**BEGIN, "to": ANA, "variables": {f"order of {ANA}": 1}}),
        ("initiate", {**BEGIN, "to": ANA, "variables": ANA}),
        ("record-lookup", {**LOOKUP, "outcome": ANA}),
        ("record-lookup", {**LOOKUP, "outcome": "failed", "data": {"status": ANA}}),
        ("record-lookup", {**LOOKUP, "outcome": "found", "data": ANA}),
        ("record-lookup", {"session_id": str(SESSION), "outcome": "failed"}),
        ("hand-off", {"session_id": str(SESSION), "team": f"{ANA} team"}),
        ("erase", {"contact_id": ANA}),
        ("release", ANA),
    ],
)
async def test_what_is_wrong_with_a_command_is_said_without_quoting_it(
    client: httpx.AsyncClient, outbox: Outbox, path: str, body: Any
) -> None:
    answer = await client.post(f"/commands/{path}", json=body)

    assert answer.status_code == 422
    assert answer.json()["mistakes"]
    assert ANA not in answer.text
    assert outbox.sent == []


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("initiate", b'{"phone_number_id": "1", "flow": "pet", "to": "15550001111", %s}'),
        ("record-lookup", b'{"session_id": "ID", "lookup_id": "ID", "outcome": "found", %s}'),
    ],
)
@pytest.mark.parametrize("value", [b'"\\ud800"', b"NaN", b"1e999", b"[" * 500 + b"]" * 500])
async def test_values_that_are_no_json_are_the_senders_mistake(
    client: httpx.AsyncClient, outbox: Outbox, path: str, body: bytes, value: bytes
) -> None:
    member = b'"variables"' if path == "initiate" else b'"data"'
    content = body % (member + b': {"order": ' + value + b"}")
    content = content.replace(b"ID", str(SESSION).encode())
    kind = {"content-type": "application/json"}

    answer = await client.post(f"/commands/{path}", content=content, headers=kind)

    assert answer.status_code in (400, 422)
    assert outbox.sent == []


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[" * 60_000, b'{"session_id": "\\ud800", "text": "\\ud800"}', b"\xff\xfe"],
    ids=["nothing", "cut off", "deep", "half a character", "no text"],
)
async def test_bytes_that_are_no_command_are_the_senders_mistake(
    client: httpx.AsyncClient, content: bytes
) -> None:
    kind = {"content-type": "application/json"}

    answer = await client.post("/commands/reply", content=content, headers=kind)

    assert answer.status_code in (400, 422)


@pytest.mark.parametrize(
    "body",
    [
        {"phone_number_id": "1"},
        {"phone_number_id": "1", "from": ANA, "user_id": "US.1"},
        {"phone_number_id": "1\x00", "from": ANA},
        {"phone_number_id": "1", "user_id": "US 1"},
    ],
    ids=["no name", "two names", "a NUL", "a space"],
)
async def test_a_search_needs_exactly_one_name(
    client: httpx.AsyncClient, body: dict[str, str]
) -> None:
    answer = await client.post("/contacts/search", json=body)

    assert answer.status_code == 422
    assert ANA not in answer.text


@pytest.mark.parametrize(
    "to", ["hello", "+1 (555) 000-6004", "123", "0" + ANA, "9" * 16, ANA + "\n"]
)
async def test_nobody_is_written_to_under_what_is_no_phone_number(
    to: str, client: httpx.AsyncClient, directory: OneSession, outbox: Outbox
) -> None:
    desk = OperatorsDesk(directory, outbox)

    answer = await client.post("/commands/initiate", json={**BEGIN, "to": to})
    with pytest.raises(Unsendable, match="7 to 15 digits, the country code first") as refused:
        await desk.initiate(to=to, phone_number_id=NUMBER, flow="pet")

    assert answer.status_code == 422
    assert answer.json()["mistakes"][0]["where"] == "body.to"
    assert to not in str(refused.value)
    assert outbox.sent == []


async def test_a_number_of_the_business_is_digits(directory: OneSession, outbox: Outbox) -> None:
    with pytest.raises(Unsendable, match="digits only"):
        await OperatorsDesk(directory, outbox).initiate(
            to=ANA, flow="pet", phone_number_id="+1 555"
        )


@pytest.mark.parametrize("to", [ANA, f"+{ANA}"])
async def test_a_plus_before_the_number_makes_nobody_else_of_the_person(
    to: str, client: httpx.AsyncClient, outbox: Outbox
) -> None:
    answer = await client.post("/commands/initiate", json={**BEGIN, "to": to})

    ((_, command, key, _),) = outbox.sent
    assert answer.status_code == 202
    assert isinstance(command, InitiateSession)
    assert (command.personal.to, key) == (ANA, f"106540352242922/{ANA}")


async def test_a_status_that_nobody_can_ask_for_is_answered_with_those_that_can(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.get(f"/sessions?status={ANA}")

    assert answer.status_code == 422
    assert answer.json()["mistakes"] == [
        {"where": "query.status", "problem": "literal_error", "expected": "'handed-off'"}
    ]
    assert ANA not in answer.text


async def test_who_is_unknown_is_said_so(client: httpx.AsyncClient, outbox: Outbox) -> None:
    nobody = "00000000-0000-4000-8000-000000000000"

    answers = [
        await client.get(f"/sessions/{nobody}"),
        await client.get(f"/sessions/{nobody}/state"),
        await client.post("/commands/release", json={"session_id": nobody}),
        await client.post("/commands/erase", json={"contact_id": nobody}),
    ]

    assert [answer.status_code for answer in answers] == [404] * 4
    assert answers[0].json()["detail"] == f"there is no session {nobody}"
    assert outbox.sent == []


async def test_while_the_database_is_down_people_are_asked_to_come_again(
    client: httpx.AsyncClient, directory: OneSession
) -> None:
    directory.down = True

    answers = [
        await client.get("/sessions"),
        await client.get(f"/sessions/{SESSION}"),
        await client.post("/commands/release", json={"session_id": str(SESSION)}),
    ]

    assert [answer.status_code for answer in answers] == [503] * 3
    assert {answer.headers["retry-after"] for answer in answers} == {"2"}
    assert all(ANA not in answer.text for answer in answers)


async def test_a_database_that_nobody_listens_at_is_no_crash(client: httpx.AsyncClient) -> None:
    answer = await client.get(f"/contacts/{CONTACT}")

    assert answer.status_code == 503


async def test_a_command_that_kafka_does_not_confirm_may_be_repeated(
    client: httpx.AsyncClient, outbox: Outbox
) -> None:
    outbox.down = True
    body, key = {"session_id": str(SESSION)}, {"Idempotency-Key": "one"}
    before = await client.post("/commands/release", json=body, headers=key)
    outbox.down = False
    after = await client.post("/commands/release", json=body, headers=key)

    assert (before.status_code, after.status_code) == (503, 202)
    assert "Idempotency-Key" in before.json()["detail"]


async def test_the_same_request_under_the_same_key_is_the_same_command(
    client: httpx.AsyncClient, outbox: Outbox
) -> None:
    async def reply(text: str, key: str | None) -> str:
        answer = await client.post(
            "/commands/reply",
            json={"session_id": str(SESSION), "text": text},
            headers={"Idempotency-Key": key} if key else {},
        )
        return str(answer.json()["command_id"])

    same = {await reply("Hi", "one"), await reply("Hi", "one")}
    others = [await reply("Hi", "two"), await reply("Ho", "one"), await reply("Hi", None)]
    others += [await reply("Hi", None)]

    assert len(same) == 1
    assert len(same | set(others)) == 5
    assert [str(one[0]) for one in outbox.sent[2:]] == others


@pytest.mark.parametrize("key", ["", "a b", "x" * 129])
async def test_a_key_that_is_no_key_is_refused(client: httpx.AsyncClient, key: str) -> None:
    body = {"session_id": str(SESSION)}

    answer = await client.post("/commands/release", json=body, headers={"Idempotency-Key": key})

    assert answer.status_code == 422


async def test_one_key_for_two_people_begins_two_conversations(
    client: httpx.AsyncClient, outbox: Outbox
) -> None:
    for person in (ANA, "15550002222"):
        body = {"phone_number_id": "1", "flow": "pet", "to": person}
        await client.post("/commands/initiate", json=body, headers={"Idempotency-Key": "one"})

    first, second = outbox.sent
    assert first[0] != second[0]


async def test_nothing_that_went_wrong_tells_the_log_who_it_was_about(
    client: httpx.AsyncClient, outbox: Outbox
) -> None:
    written = io.StringIO()
    logs.configure("session-core", "test", "debug", stream=written)
    begin = {"phone_number_id": "1", "flow": "pet", "to": ANA}
    outbox.down = True
    await client.post("/commands/initiate", json=begin)
    await client.post("/commands/initiate", json={**begin, ANA: ANA})
    await client.post("/contacts/search", json={"phone_number_id": "1", "from": ANA})
    outbox.sent = None  # type: ignore[assignment]  # so that it breaks
    outbox.down = False
    broken = await client.post("/commands/initiate", json=begin)
    client.headers["authorization"] = f"Bearer {ANA}"
    await client.get("/sessions")

    told = written.getvalue()
    assert broken.status_code == 500
    assert broken.json() == {"title": "Internal Server Error", "status": 500}
    assert "was not confirmed" in told
    assert "without the token" in told
    assert ANA not in told
    assert TOKEN not in told
