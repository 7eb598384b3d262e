"""What Ana does in the demo: she reports a water damage, with a photo."""

from dataclasses import dataclass
from importlib.resources import files
from typing import TypeAlias

from demo.person import Person

NAME = "Ana Pérez"
PHOTO_NAME = "kitchen.jpg"


@dataclass(frozen=True, slots=True)
class Writes:
    """She types."""

    text: str

    async def do(self, person: Person) -> None:
        """Send the words."""
        await person.write(self.text)

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Taps:
    """She taps a button."""

    title: str

    async def do(self, person: Person) -> None:
        """Tap the button with this title."""
        await person.tap(self.title)

    def __str__(self) -> str:
        return f"[{self.title}]"


@dataclass(frozen=True, slots=True)
class SendsPhoto:
    """She sends the photo that comes with the demo."""

    name: str = PHOTO_NAME

    async def do(self, person: Person) -> None:
        """Upload the photo."""
        await person.send_file(self.name, photo(), "image/jpeg", "under the sink")

    def __str__(self) -> str:
        return f"(photo {self.name})"


Act: TypeAlias = Writes | Taps | SendsPhoto

CLAIM: tuple[Act, ...] = (
    Writes("Hi, a pipe broke!"),
    Writes(NAME),
    Writes("I don't have it at hand"),
    Writes("ab-123456"),
    Taps("Water"),
    Writes("yesterday"),
    SendsPhoto(),
    Taps("Done"),
    Writes("A pipe under the sink broke and the kitchen is flooded."),
    Taps("Yes, file it"),
)


def photo() -> bytes:
    """Return the bytes of the photo."""
    return (files("demo") / PHOTO_NAME).read_bytes()
