"""A person who answers whatever the business asks, sometimes badly, sometimes in a burst."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chaos.phones import Phones, Shown
from demo.conversation import photo
from demo.person import choices_of, words_of

MOST_TURNS = 30
PATIENCE_S = 20.0
"""Seconds without a word until the person asks again; the second time they leave."""

_CHANGES: Sequence[tuple[tuple[Shown, ...], int]] = (
    (("both",), 8),
    (("phone",), 3),
    (("user-id",), 3),
    (("phone", "both"), 2),
    (("user-id", "both"), 2),
    (("both", "user-id"), 2),
    (("both", "phone"), 1),
    (("phone", "user-id", "both"), 1),
)
"""Which ids people show one after the other, and how common that is."""

_OPENINGS = ("Hi, a pipe broke!", "claim", "hello", "callback", "please call me")
_NAMES = ("Ana Lima", "Bruno Costa", "Chidi Okafor", "Dana Weiss")
_ENDS = ("Your claim is filed", "Noted, we call you", "A colleague")
_SAID: Sequence[tuple[str, Sequence[str]]] = (
    ("full name", _NAMES),
    ("policy number", ("ab-123456", "AB-654321", "I do not know")),
    ("On which day", ("yesterday", "2026-11-20")),
    ("write the day", ("yesterday",)),
    ("What happened?", ("A pipe under the sink broke.", "Smoke everywhere")),
    ("e-mail", ("ana@example.org", "bruno@example.org")),
)
_TAPS: Sequence[tuple[str, Sequence[str]]] = (
    ("damage is it", ("Water", "Fire", "Something else")),
    ("tap one of the buttons", ("Water", "Yes, file it")),
    ("tap Done", ("Done",)),
    ("Is this right?", ("Yes, file it", "Yes, file it", "Yes, file it", "No, start again")),
    ("When may we call", ("Morning", "Noon", "Evening")),
    ("choose one of the times", ("Noon",)),
)
_PHOTOS = ("up to 3 photos", "at least one photo", "Please send it again")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody; `key` is the number, or the user id of whom has none. `seed` decides the rest."""

    key: str
    seed: int


class Talking:
    """One conversation after the other, until the person has had enough or the run is over."""

    def __init__(self, person: Person, phones: Phones) -> None:
        self._who = person.key
        self._phones = phones
        self._inbox = phones.inbox(person.key)
        self._dice = random.Random(person.seed)  # noqa: S311 - to be repeatable
        weights = [weight for _, weight in _CHANGES]
        self._changes = list(self._dice.choices([c for c, _ in _CHANGES], weights)[0])

    async def run(self) -> bool:
        """Return whether the last conversation came to its end."""
        await self._change()
        await self._write(self._dice.choice(_OPENINGS))
        for _ in range(MOST_TURNS):
            heard = await self._hear()
            if heard is None:
                return False
            if any(end in words_of(heard) for end in _ENDS):
                return True
            await self._answer(heard)
        return False

    async def _change(self) -> None:
        if self._changes:
            await self._phones.show(self._who, self._changes.pop(0))

    async def _hear(self) -> dict[str, Any] | None:
        for attempt in range(2):
            try:
                async with asyncio.timeout(PATIENCE_S):
                    return await self._inbox.get()
            except TimeoutError:
                if attempt == 0:
                    await self._write("Are you there?")
        return None

    async def _answer(self, heard: dict[str, Any]) -> None:
        words = words_of(heard)
        acted = await self._tap(heard, words) or await self._show_photo(words)
        if not acted:
            acted = await self._say(words)
        if acted and self._dice.random() < 0.15:  # noqa: PLR2004 - some people write in bursts
            await self._write("Did you get that?")
        if acted and self._dice.random() < 0.3:  # noqa: PLR2004 - and some change what they show
            await self._change()

    async def _tap(self, heard: dict[str, Any], words: str) -> bool:
        kind, choices = choices_of(heard)
        for question, titles in _TAPS:
            if question in words:
                title = self._dice.choice(titles)
                found = [choice for choice in choices if choice["title"] == title]
                if found:
                    reply = {"id": found[0]["id"], "title": title}
                    message = {"type": "interactive", "interactive": {"type": kind, kind: reply}}
                    await self._phones.write(self._who, message)
                else:
                    await self._write(title)
                return True
        return False

    async def _show_photo(self, words: str) -> bool:
        if not any(question in words for question in _PHOTOS):
            return False
        # A trailer after the picture's end makes each file one of its own.
        await self._phones.send_photo(self._who, photo() + self._dice.randbytes(16))
        return True

    async def _say(self, words: str) -> bool:
        for question, answers in _SAID:
            if question in words:
                await self._write(self._dice.choice(answers))
                return True
        return False

    async def _write(self, text: str) -> None:
        await self._phones.write(self._who, {"type": "text", "text": {"body": text}})
