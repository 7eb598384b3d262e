"""Which pictures are refused where a flow asks for them to be readable and not too large."""

import io
import random
import struct
import zlib

import pytest
from PIL import Image

from file_manager.use_cases.images import check_image
from file_manager.use_cases.inspecting import Unacceptable
from hurting import hurt
from pictures import EVERY_TYPE, picture

TYPES = sorted(EVERY_TYPE)
PIXELS = 40 * 30


def reason(content: bytes, mime_type: str, most_pixels: int = PIXELS) -> str | None:
    try:
        check_image(io.BytesIO(content), mime_type, most_pixels=most_pixels)
    except Unacceptable as refusal:
        return refusal.reason
    return None


@pytest.mark.parametrize("mime_type", TYPES)
def test_a_picture_of_as_many_pixels_as_allowed_is_taken(mime_type: str) -> None:
    assert reason(EVERY_TYPE[mime_type](), mime_type) is None


@pytest.mark.parametrize("mime_type", TYPES)
def test_a_picture_with_one_pixel_more_is_too_large(mime_type: str) -> None:
    assert reason(EVERY_TYPE[mime_type](), mime_type, PIXELS - 1) == "too-many-pixels"


def test_a_small_file_that_says_it_is_a_huge_picture_is_not_decoded() -> None:
    huge = struct.pack(">II", 60_000, 60_000) + b"\x08\x02\0\0\0"
    header = struct.pack(">I4s", len(huge), b"IHDR") + huge
    header += struct.pack(">I", zlib.crc32(b"IHDR" + huge))

    bomb = b"\x89PNG\r\n\x1a\n" + header + b"\0\0\0\0IDAT" + struct.pack(">I", zlib.crc32(b"IDAT"))

    assert reason(bomb, "image/png", 50_000_000) == "too-many-pixels"


def test_a_webp_that_would_take_too_much_memory_is_not_decoded_whatever_a_flow_says() -> None:
    file = io.BytesIO()
    Image.new("L", (4000, 3001)).save(file, "WEBP", method=0)

    assert reason(file.getvalue(), "image/webp", 50_000_000) == "too-many-pixels"


@pytest.mark.parametrize("mime_type", TYPES)
def test_a_picture_of_which_half_is_missing_cannot_be_read(mime_type: str) -> None:
    whole = EVERY_TYPE[mime_type]()

    assert reason(whole[: len(whole) // 2], mime_type) == "unreadable-image"


@pytest.mark.parametrize("mime_type", TYPES)
def test_a_picture_of_another_type_cannot_be_read(mime_type: str) -> None:
    file = io.BytesIO()
    picture().save(file, "GIF")

    assert reason(file.getvalue(), mime_type) == "unreadable-image"
    assert reason(b"", mime_type) == "unreadable-image"


@pytest.mark.parametrize("mime_type", TYPES)
def test_no_damage_does_worse_than_to_have_the_picture_refused(mime_type: str) -> None:
    whole, luck = EVERY_TYPE[mime_type](), random.Random(41)  # noqa: S311 no secret

    reasons = {reason(hurt(whole, luck), mime_type) for _ in range(200)}

    assert "unreadable-image" in reasons


def test_only_an_eighth_of_a_jpeg_is_held_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    file = io.BytesIO()
    picture((1600, 1200)).save(file, "JPEG")
    sizes: set[tuple[int, int]] = set()
    decode = Image.Image.load

    def noting(own: Image.Image) -> object:
        sizes.add(own.size)
        return decode(own)

    monkeypatch.setattr(Image.Image, "load", noting)

    assert reason(file.getvalue(), "image/jpeg", 1600 * 1200) is None
    assert sizes == {(200, 150)}
