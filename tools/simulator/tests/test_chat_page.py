"""A person uses the chat page in a real browser: types, taps, attaches, and sees what happens."""

import asyncio
import itertools
import json
import os
import shutil
import struct
import zlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, Locator, Page, Playwright, async_playwright, expect
from playwright.async_api import Error as PlaywrightError
from starlette.routing import Mount

from simulator.app import build
from simulator.platform import Simulator
from simulator.settings import Settings
from simulator.testing import FakeBusiness, value_of
from streaming.cloudevents import CloudEvent
from streaming.health import HealthServer

pytestmark = [pytest.mark.system, pytest.mark.timeout(180)]
ANA = "15550001111"
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
INSTALL = (
    "no Chromium found: install it with `apt-get install chromium` (or name it in CHROMIUM, "
    "or run `playwright install chromium`)"
)


class ScriptedBusiness(FakeBusiness):
    """Answers each message of a person with the next line of its script."""

    def __init__(self, *script: dict[str, Any]) -> None:
        super().__init__()
        self.script = list(script)
        self.graph: httpx.AsyncClient | None = None
        self._answering: set[asyncio.Task[httpx.Response]] = set()

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        answer = await super().__call__(request)
        if request.method == "POST" and "messages" in value_of(request.content) and self.script:
            assert self.graph is not None
            frame = {"messaging_product": "whatsapp", "to": ANA, **self.script.pop(0)}
            path = "/v24.0/106540352242922/messages"
            task = asyncio.ensure_future(self.graph.post(path, json=frame))
            self._answering.add(task)
            task.add_done_callback(self._answering.discard)
        return answer


def text(body: str) -> dict[str, Any]:
    return {"type": "text", "text": {"body": body}}


def ask(kind: str, body: str, action: dict[str, Any]) -> dict[str, Any]:
    content = {"type": kind, "body": {"text": body}, "action": action}
    return {"type": "interactive", "interactive": content}


def buttons(*titles: str) -> dict[str, Any]:
    return {"buttons": [{"type": "reply", "reply": {"id": t, "title": t}} for t in titles]}


ROOMS = [{"id": "k", "title": "Kitchen"}, {"id": "c", "title": "Cellar"}]
SCRIPT = (
    text("Hello. What is your *name*?"),
    ask("button", "What kind of damage is it?", buttons("Water", "Fire", "Theft")),
    ask(
        "list",
        "Which room?",
        {
            "button": "Choose a room",
            "sections": [
                {"rows": [{"id": "k", "title": "Kitchen"}, {"id": "c", "title": "Cellar"}]}
            ],
        },
    ),
    text("Please send a photo."),
    text("Thank you, that is all."),
)


def picture() -> bytes:
    """Return a small red PNG."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    rows = b"".join(b"\0" + b"\xd0\x60\x50" * 8 for _ in range(8))
    size = struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0)
    parts = chunk(b"IHDR", size) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


async def launch(playwright: Playwright) -> Browser:
    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    try:
        return await playwright.chromium.launch(executable_path=path, args=QUIET)
    except PlaywrightError as error:
        pytest.fail(INSTALL if path is None else f"{path} does not start: {error.message}")


@pytest.fixture
async def served(settings: Settings) -> AsyncIterator[tuple[Simulator, str]]:
    business = ScriptedBusiness(*SCRIPT)
    simulator = build(settings, caller=business)
    server = HealthServer(
        "127.0.0.1", 0, ready=lambda: None, routes=[Mount("/", app=simulator.web)]
    )
    await server.start()
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=simulator.web),
        base_url="http://localhost",
        headers={"Authorization": "Bearer token"},
    ) as business.graph:
        yield simulator, f"http://127.0.0.1:{server.port}"
        simulator.hub.close()
        await server.stop()
        await simulator.statuses.stop()
        await simulator.delivery.stop()
        await simulator.caller.close()


@pytest.fixture
async def page(served: tuple[Simulator, str]) -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        browser = await launch(playwright)
        page = await browser.new_page(viewport={"width": 1280, "height": 800})
        page.set_default_timeout(30_000)
        await page.goto(f"{served[1]}/?user={ANA}")
        yield page
        await browser.close()


@pytest.fixture(autouse=True)
def patience() -> None:
    expect.set_options(timeout=30_000)


async def say(page: Page, words: str) -> None:
    await page.get_by_test_id("composer").fill(words)
    await page.get_by_test_id("send").click()


def heard(page: Page, number: int) -> Locator:
    return page.get_by_test_id("message-out").nth(number - 1)


def record(simulator: Simulator, *events: tuple[str, dict[str, Any]]) -> None:
    for sequence, (kind, data) in zip(itertools.count(1), events, strict=False):
        content = {"contact_id": "contact", "session_id": "session", **data}
        event = CloudEvent(
            id=str(sequence),
            type=kind,
            source="session-core",
            time=datetime.now(UTC),
            data=json.dumps(content).encode(),
            sequence=sequence,
        )
        simulator.panel.record(event)


async def test_a_whole_conversation_by_words_buttons_list_and_photo(
    page: Page, tmp_path: Path
) -> None:
    photo = tmp_path / "damage.png"
    photo.write_bytes(picture())

    await say(page, "Hi")
    await expect(heard(page, 1)).to_contain_text("What is your name?")
    await page.get_by_test_id("composer").fill("Ana Lima")
    await page.get_by_test_id("composer").press("Enter")
    await page.get_by_test_id("button-reply").filter(has_text="Water").click()
    await page.get_by_test_id("list-open").click()
    await page.get_by_test_id("list-row").filter(has_text="Cellar").click()
    await expect(heard(page, 4)).to_contain_text("Please send a photo.")
    await page.get_by_test_id("attach").set_input_files(photo)
    await say(page, "The cellar, this morning")
    await expect(heard(page, 5)).to_contain_text("Thank you")

    said = page.get_by_test_id("message-in")
    await expect(said).to_have_count(5)
    for number, words in enumerate(["Hi", "Ana Lima", "Water", "Cellar", "The cellar, this"]):
        await expect(said.nth(number)).to_contain_text(words)
    shown = said.nth(4).locator("img")
    await expect(shown).to_have_js_property("naturalWidth", 8)
    for number in range(5):
        await expect(page.get_by_test_id("tick").nth(number)).to_have_attribute("data-tick", "read")
    await expect(page.get_by_test_id("button-reply").first).to_be_disabled()


async def test_the_ticks_follow_the_message_to_the_business(
    page: Page, served: tuple[Simulator, str]
) -> None:
    simulator, _ = served
    simulator.faults.set({"webhooks": {"drop": 1}})
    tick = page.get_by_test_id("tick").first

    await say(page, "Hi")
    await expect(tick).to_have_attribute("data-tick", "sent")
    ana = simulator.people.meet(ANA)
    simulator.people.mark(ana, ana.entries, "delivered")
    await expect(tick).to_have_attribute("data-tick", "delivered")
    simulator.people.mark_read_up_to(ana)

    await expect(tick).to_have_attribute("data-tick", "read")
    await expect(tick).to_have_accessible_name("Read")


async def test_the_panel_shows_events_files_and_crm_calls_as_they_happen(
    page: Page, served: tuple[Simulator, str]
) -> None:
    simulator, base = served
    await expect(page.get_by_text("Say hello")).to_be_visible()
    where = {"bucket": "files", "key": "a.png", "size": 8, "sha256": "ab", "mime_type": "image/png"}
    message = {"type": "text", "text": "<b>hi</b>"}

    record(
        simulator,
        ("session.initiated.v1", {}),
        ("message.received.v1", {"personal": {"from": ANA, "message": message}}),
        ("file.stored.v1", {"file_id": "f", **where}),
        ("parcel.lost.v1", {}),
    )
    async with httpx.AsyncClient(base_url=base, trust_env=False) as crm:
        await crm.post("/crm/webhooks", json={"type": "session.completed", "data": {}})

    await expect(page.get_by_test_id("event")).to_have_count(4)
    kinds = await page.get_by_test_id("event-type").all_text_contents()
    assert kinds == [
        "session.initiated.v1",
        "message.received.v1",
        "file.stored.v1",
        "parcel.lost.v1",
    ]
    second = page.get_by_test_id("event").nth(1)
    await expect(second).to_contain_text("Message received")
    await expect(second).to_contain_text("<b>hi</b>")
    await expect(second).to_contain_text("#2")
    await second.locator("summary").click()
    await expect(second.locator("pre")).to_contain_text('"personal"')
    await expect(page.get_by_test_id("file")).to_contain_text("image/png")
    call = page.get_by_test_id("crm-call")
    await expect(call).to_contain_text("session.completed")
    await expect(call).to_have_attribute("data-verified", "false")


async def test_another_person_has_a_phone_of_their_own(page: Page) -> None:
    await say(page, "Hi")
    await expect(heard(page, 1)).to_be_visible()

    await page.get_by_test_id("new-person").click()
    await page.get_by_label("Name").fill("Ben Ito")
    await page.get_by_role("button", name="Hand them a phone").click()

    await expect(page.get_by_text("Say hello")).to_be_visible()
    await expect(page.get_by_test_id("message-in")).to_have_count(0)
    await expect(page.get_by_test_id("person").filter(has_text="Ben Ito")).to_have_attribute(
        "aria-current", "true"
    )
    await page.locator(f'[data-user="{ANA}"]').click()
    await expect(page.get_by_test_id("message-in")).to_have_count(1)


async def test_a_person_without_a_number_has_a_phone_too(
    page: Page, served: tuple[Simulator, str]
) -> None:
    await page.goto(f"{served[1]}/?user=US.13491208655302741918")
    await say(page, "Hi")

    await expect(page.get_by_test_id("message-in")).to_contain_text("Hi")
    assert next(person.wa_id for person in served[0].people.everybody()) is None
    assert "US.13491208655302741918" in await page.title()


async def test_the_list_is_usable_by_keyboard_alone(page: Page) -> None:
    for number in (1, 2, 3):
        await say(page, "next")
        await expect(heard(page, number)).to_be_visible()
    opener = page.get_by_test_id("list-open")
    await expect(opener).to_be_visible()
    await opener.focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("dialog")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(opener).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("list-row").first).to_be_focused()
    await page.keyboard.press("Enter")

    await expect(page.get_by_test_id("message-in").last).to_contain_text("Kitchen")


async def test_a_narrow_screen_shows_chat_or_events(page: Page) -> None:
    await page.set_viewport_size({"width": 400, "height": 800})

    await expect(page.get_by_test_id("composer")).to_be_visible()
    await expect(page.get_by_role("heading", name="Events")).to_be_hidden()
    await page.get_by_role("button", name="What happened").click()

    await expect(page.get_by_role("heading", name="Events")).to_be_visible()
    await expect(page.get_by_test_id("composer")).to_be_hidden()


BODIES = Path(__file__).parents[3] / "services/sender/tests/bodies"
SHOWN = {
    "reply-buttons-under-a-document": ("terms.pdf", "Agreed?", "You may change your mind", "No"),
    "link-behind-a-button": ("Your contract", "Open"),
    "flow-that-begins-at-a-screen": ("Book a visit", "Book"),
    "location-request": ("Where are you?", "Send location"),
    "image-by-id": ("The damage",),
    "video-by-link": ("Video by link",),
    "document": ("terms.pdf", "Please read"),
    "voice-message": ("Voice message",),
    "location": ("Office", "Rua 1"),
    "contacts": ("Dr. Kim Lee", "Claims", "+15550002222"),
    "template-with-every-parameter": ("order_sent", "Ana · €12.50 · 23 November", "go-on"),
}


async def answer(served: tuple[Simulator, str], kind: str) -> None:
    """Let the business say what the sender would; its file `1` is whatever that needs."""
    simulator, base = served
    files = {"image": "image/png", "audio": "audio/ogg", "document": "application/pdf"}
    body = (BODIES / f"{kind}.json").read_text()
    wanted = next((each for each in files if f'"type": "{each}"' in body), "image")
    media = simulator.media.keep(picture(), files[wanted], "bill.pdf")
    said = json.loads(body.replace('"id": "1"', f'"id": "{media.id}"'))["body"]
    async with httpx.AsyncClient(base_url=base, trust_env=False) as graph:
        sent = await graph.post(
            "/v24.0/106540352242922/messages",
            json=said,
            headers={"Authorization": "Bearer token"},
        )
    assert sent.status_code == 200, sent.text


async def test_every_kind_of_answer_is_shown_as_what_it_is(
    page: Page, served: tuple[Simulator, str]
) -> None:
    await say(page, "Hi")
    for number, (kind, words) in enumerate(SHOWN.items(), 2):
        await answer(served, kind)
        for each in words:
            await expect(heard(page, number)).to_contain_text(each)


async def test_a_form_a_place_and_a_templates_button_are_answered_by_a_tap(
    page: Page, served: tuple[Simulator, str]
) -> None:
    await say(page, "Hi")
    for kind in (
        "flow-that-begins-at-a-screen",
        "location-request",
        "template-with-every-parameter",
    ):
        await answer(served, kind)
    await page.get_by_test_id("flow-open").click()
    await page.get_by_test_id("send-location").click()
    await page.get_by_test_id("template-button").click()

    said = page.get_by_test_id("message-in")
    for number, words in enumerate(["Form sent", "Praça do Rossio", "go-on"], 1):
        await expect(said.nth(number)).to_contain_text(words)
