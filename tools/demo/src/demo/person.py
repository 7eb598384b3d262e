"""A person on WhatsApp, played through the simulator."""

import asyncio
from typing import Any, TypeAlias

import httpx

Message: TypeAlias = dict[str, Any]

PAUSE_S = 0.05


class Person:
    """Writes, taps and sends files; sees what reaches the phone."""

    def __init__(self, http: httpx.AsyncClient, wa_id: str) -> None:
        self.wa_id = wa_id
        self._http = http
        self._url = f"/simulator/users/{wa_id}"
        self._seen = 0

    async def introduce(self, name: str) -> None:
        """Set the name that WhatsApp shows to the business."""
        (await self._http.put(self._url, json={"name": name})).raise_for_status()

    async def write(self, text: str) -> str:
        """Send words; return the message's wamid."""
        return await self._send({"type": "text", "text": {"body": text}})

    async def tap(self, title: str) -> str:
        """Tap the button or list row with this title under the latest message that has any."""
        kind, choice = await self._choice(title)
        reply = {"type": kind, kind: {"id": choice["id"], "title": choice["title"]}}
        return await self._send({"type": "interactive", "interactive": reply})

    async def send_file(self, name: str, content: bytes, mime_type: str, caption: str = "") -> str:
        """Send a file; return the message's wamid."""
        files = {"file": (name, content, mime_type)}
        answer = await self._http.post(
            f"{self._url}/messages", files=files, data={"caption": caption}
        )
        return str(answer.raise_for_status().json()["wamid"])

    async def transcript(self) -> list[Message]:
        """Return everything said so far, both ways, in order."""
        answer = await self._http.get(f"{self._url}/transcript")
        entries: list[Message] = answer.raise_for_status().json()
        return entries

    async def received(self) -> list[Message]:
        """Return the messages that reached the person."""
        return [entry for entry in await self.transcript() if entry["direction"] == "out"]

    async def next_reply(self, *, within_s: float = 30) -> Message:
        """Wait for one more message than were seen so far. Raises TimeoutError."""
        async with asyncio.timeout(within_s):
            while len(received := await self.received()) <= self._seen:  # noqa: ASYNC110 - the simulator is asked again and again
                await asyncio.sleep(PAUSE_S)
        reply = received[self._seen]
        self._seen += 1
        message: Message = reply["message"]
        return message

    async def _send(self, message: Message) -> str:
        answer = await self._http.post(f"{self._url}/messages", json=message)
        return str(answer.raise_for_status().json()["wamid"])

    async def _choice(self, title: str) -> tuple[str, Message]:
        for entry in reversed(await self.received()):
            kind, choices = choices_of(entry["message"])
            for choice in choices:
                if choice["title"] == title:
                    return kind, choice
        raise LookupError(f"nothing offers {title!r}")


def choices_of(message: Message) -> tuple[str, list[Message]]:
    """Return the kind of reply that a message offers, and the choices with id and title."""
    interactive = message.get("interactive", {})
    action = interactive.get("action", {})
    if interactive.get("type") == "button":
        return "button_reply", [button["reply"] for button in action["buttons"]]
    if interactive.get("type") == "list":
        return "list_reply", [row for section in action["sections"] for row in section["rows"]]
    return "", []


def words_of(message: Message) -> str:
    """Return the words of a message, without its buttons."""
    if "interactive" in message:
        return str(message["interactive"]["body"]["text"])
    return str(message.get("text", {}).get("body", ""))
