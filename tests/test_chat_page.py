import os
import secrets
import shutil
from collections.abc import AsyncIterator
from importlib.resources import files
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from devstack.endpoints import Endpoints

pytestmark = pytest.mark.system

PICTURES = Path(__file__).parents[1] / ".run" / "pictures"
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE_MS = 30_000


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """Start the system's Chromium, else playwright's own."""
    names = (os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome")
    found = next((path for name in names if name and (path := shutil.which(name))), None)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=found, args=list(QUIET))
        yield browser
        await browser.close()


async def said(page: Page, text: str) -> None:
    """Wait until the business has said this in its latest message."""
    latest = page.get_by_test_id("message-out").last
    await expect(latest).to_contain_text(text, timeout=PATIENCE_MS)


async def write(page: Page, text: str) -> None:
    await page.get_by_test_id("composer").fill(text)
    await page.get_by_test_id("send").click()


async def tap(page: Page, title: str) -> None:
    await page.get_by_test_id("button-reply").filter(has_text=title).last.click()


async def test_a_person_files_a_claim_with_a_photo_in_a_real_browser(
    browser: Browser, known: Endpoints
) -> None:
    page = await browser.new_page(viewport={"width": 1280, "height": 800})
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    await page.goto(f"{known.simulator}/?user=1555{secrets.randbelow(10**7):07d}")

    await write(page, "Hi, a pipe broke!")
    await said(page, "What is your full name?")
    await write(page, "Ana Pérez")
    await said(page, "What is your policy number?")
    await write(page, "ab-123456")
    await said(page, "What kind of damage is it?")
    await tap(page, "Water")
    await said(page, "On which day did it happen?")
    await write(page, "yesterday")
    await said(page, "Please send up to 3 photos")
    photo = str(files("demo") / "kitchen.jpg")
    await page.get_by_test_id("attach").set_input_files(photo)
    await page.get_by_test_id("send").click()
    await said(page, "Send another one, or tap Done.")
    await tap(page, "Done")
    await said(page, "What happened?")
    await write(page, "A pipe under the sink broke.")
    await said(page, "Is this right?")
    await tap(page, "Yes, file it")
    await said(page, "Your claim is filed")

    completed = page.get_by_test_id("event-type").filter(has_text="session.completed")
    await expect(completed).to_have_count(1, timeout=PATIENCE_MS)
    await expect(page.get_by_test_id("file")).to_have_count(1, timeout=PATIENCE_MS)
    await expect(page.get_by_test_id("crm-call").filter(has_text="completed")).to_have_count(
        1, timeout=PATIENCE_MS
    )
    PICTURES.mkdir(parents=True, exist_ok=True)
    await page.screenshot(path=PICTURES / "chat-page.png", animations="disabled")
    assert problems == []


async def test_a_person_chooses_from_a_list_in_a_real_browser(
    browser: Browser, known: Endpoints
) -> None:
    page = await browser.new_page(viewport={"width": 420, "height": 800})
    await page.goto(f"{known.simulator}/?user=1555{secrets.randbelow(10**7):07d}")

    await write(page, "callback")
    await said(page, "When may we call you?")
    await page.get_by_test_id("list-open").last.click()
    await page.get_by_test_id("list-row").filter(has_text="Afternoon").click()
    await said(page, "Please write your e-mail address")

    await expect(page.get_by_test_id("message-in").last).to_contain_text("Afternoon")
