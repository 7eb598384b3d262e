"""A film that is sent as sound is told from it: both begin alike."""

import io
import struct

import pytest

from file_manager.use_cases.file_types import declared_type
from file_manager.use_cases.films import is_film


def box(kind: bytes, content: bytes = b"") -> bytes:
    return struct.pack(">I4s", len(content) + 8, kind) + content


def long_box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I4sQ", 1, kind, len(content) + 16) + content


def track(handler: bytes) -> bytes:
    return box(b"trak", box(b"mdia", box(b"hdlr", bytes(8) + handler + bytes(12) + b"Core\0")))


BEGIN = box(b"ftyp", b"M4A \0\0\0\0")
SOUND = box(b"moov", box(b"mvhd", bytes(100)) + track(b"soun"))
FILM = box(b"moov", box(b"mvhd", bytes(100)) + track(b"soun") + track(b"vide"))


@pytest.mark.parametrize(
    "content",
    [
        BEGIN + FILM + box(b"mdat", bytes(5000)),
        BEGIN + box(b"free") + box(b"mdat", bytes(5000)) + FILM,
        BEGIN + long_box(b"mdat", bytes(5000)) + FILM,
    ],
    ids=["told first", "told last", "behind much"],
)
def test_a_film_is_found_wherever_it_says_so(content: bytes) -> None:
    assert is_film(io.BytesIO(content))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        BEGIN,
        BEGIN + SOUND + box(b"mdat", FILM),
        BEGIN + box(b"mdat", b"hdlr" + bytes(8) + b"vide") + SOUND,
        BEGIN + struct.pack(">I4s", 0, b"mdat") + FILM,
        BEGIN + struct.pack(">I4s", 5, b"mdat") + FILM,
        BEGIN + struct.pack(">I4sQ", 1, b"mdat", 3) + FILM,
        BEGIN + struct.pack(">I4sQ", 1, b"mdat", 2**63 + 5) + FILM,
        BEGIN + box(b"free") * 10_000 + FILM,
    ],
)
def test_sound_and_what_cannot_be_played_is_no_film(content: bytes) -> None:
    assert not is_film(io.BytesIO(content))


def test_a_film_in_ogg_is_no_sound() -> None:
    sound = declared_type("audio/ogg; codecs=opus")

    assert sound is not None
    assert sound.matches(b"OggS\x00\x02" + bytes(22) + b"OpusHead")
    assert not sound.matches(b"OggS\x00\x02" + bytes(22) + b"\x80theora")
