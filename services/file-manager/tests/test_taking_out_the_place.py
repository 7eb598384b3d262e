"""A photo is kept without the place where it was taken, and is the same photo otherwise."""

import io
import random
import struct
from contextlib import suppress

import pytest
from PIL import Image

from file_manager.use_cases.exif import without_place
from file_manager.use_cases.inspecting import Unacceptable
from file_manager.use_cases.locations import can_be_stripped, stripped
from hurting import hurt
from pictures import EVERY_TYPE, PLACE, TAKEN_AT, TURNED, exif, jpeg, picture, segment

TYPES = sorted(EVERY_TYPE)
_EXIF_DETAILS, _EXIF_PLACE = 0x8769, 0x8825


def opened(content: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(content))
    image.load()
    return image


def clean(content: bytes, mime_type: str) -> bytes:
    return b"".join(stripped(io.BytesIO(content), mime_type))


@pytest.mark.parametrize("mime_type", TYPES)
def test_the_place_is_gone_from_every_corner_of_a_picture(mime_type: str) -> None:
    photo = EVERY_TYPE[mime_type]()

    kept = clean(photo, mime_type)

    assert photo.count(PLACE) >= 3
    assert PLACE not in kept
    assert not opened(kept).getexif().get_ifd(_EXIF_PLACE)
    assert opened(photo).getexif().get_ifd(_EXIF_PLACE)


@pytest.mark.parametrize("mime_type", TYPES)
def test_the_picture_itself_is_the_same_pixel_by_pixel(mime_type: str) -> None:
    photo = EVERY_TYPE[mime_type]()

    assert opened(clean(photo, mime_type)).tobytes() == opened(photo).tobytes()


@pytest.mark.parametrize("mime_type", TYPES)
def test_which_way_up_it_is_and_when_it_was_taken_is_kept(mime_type: str) -> None:
    kept = opened(clean(EVERY_TYPE[mime_type](), mime_type)).getexif()

    assert kept[0x0112] == TURNED
    assert dict(kept.get_ifd(_EXIF_DETAILS)) == {0x9003: TAKEN_AT}
    assert set(kept) == {0x0112, _EXIF_DETAILS}


@pytest.mark.parametrize("mime_type", TYPES)
def test_a_picture_without_a_place_stays_byte_by_byte_what_it_was(mime_type: str) -> None:
    once = clean(EVERY_TYPE[mime_type](), mime_type)

    assert clean(once, mime_type) == once


@pytest.mark.parametrize("options", [{"progressive": True}, {"restart_marker_blocks": 1}])
def test_every_way_to_write_a_jpeg_is_understood(options: dict[str, object]) -> None:
    photo = jpeg(icc_profile=b"colours" * 20_000, **options)

    kept = opened(clean(photo, "image/jpeg"))

    assert kept.tobytes() == opened(photo).tobytes()
    assert kept.info["icc_profile"] == b"colours" * 20_000


def test_a_large_picture_comes_in_pieces_that_are_cut_anywhere() -> None:
    file = io.BytesIO()
    picture((900, 600)).save(file, "JPEG", quality=100, exif=exif())
    photo = file.getvalue()

    pieces = list(stripped(io.BytesIO(photo), "image/jpeg"))

    assert len(photo) > 1024 * 1024
    assert max(map(len, pieces)) <= 256 * 1024
    assert opened(b"".join(pieces)).tobytes() == opened(photo).tobytes()


@pytest.mark.parametrize("mime_type", TYPES)
def test_a_picture_that_is_cut_off_is_refused(mime_type: str) -> None:
    whole = clean(EVERY_TYPE[mime_type](), mime_type)

    for end in range(12, len(whole) - 1, 7):
        with pytest.raises(Unacceptable, match="unreadable-image"):
            clean(whole[:end], mime_type)


@pytest.mark.parametrize("mime_type", TYPES)
def test_no_damage_does_worse_than_to_have_the_picture_refused(mime_type: str) -> None:
    whole, luck = EVERY_TYPE[mime_type](), random.Random(41)  # noqa: S311 no secret

    for _ in range(500):
        with suppress(Unacceptable):
            clean(hurt(whole, luck), mime_type)


@pytest.mark.parametrize(
    ("mime_type", "content"),
    [
        ("image/jpeg", b"\xff\xd8" + segment(0xFE, b"") * 20_001),
        ("image/png", b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sI", 0, b"tEXt", 0) * 20_001),
        ("image/webp", struct.pack("<4sI4s", b"RIFF", 2**24, b"WEBP") + b"junk\0\0\0\0" * 20_001),
    ],
)
def test_a_picture_of_endlessly_many_parts_is_refused(mime_type: str, content: bytes) -> None:
    with pytest.raises(Unacceptable, match="unreadable-image"):
        clean(content, mime_type)


def test_exif_data_that_lead_in_circles_or_nowhere_say_nothing() -> None:
    circle = b"II*\0\x08\0\0\0" + struct.pack("<HHHII", 1, 0x8769, 4, 1, 8) + bytes(4)
    outside = b"MM\0*\xff\xff\xff\xf0"

    assert without_place(circle) is None
    assert without_place(outside) is None
    assert without_place(b"") is None
    assert without_place(b"neither order of bytes") is None


def test_what_is_no_moment_is_not_kept_where_a_moment_stands() -> None:
    told = exif().removeprefix(b"Exif\0\0")
    place = told.replace(TAKEN_AT.encode(), b"41.4036N, 2.1744E!!")

    assert TAKEN_AT.encode() in (without_place(told) or b"")
    assert b"41.4036N" not in (without_place(place) or b"")


def test_films_sounds_and_documents_are_left_as_they_are() -> None:
    assert not any(map(can_be_stripped, ["video/mp4", "application/pdf", "audio/ogg"]))
    assert all(map(can_be_stripped, EVERY_TYPE))
