"""Pictures for tests, with the place where they were taken in every corner that can hold one."""

import io
import random
import struct
from typing import Any

from PIL import Image, PngImagePlugin

PLACE = b"41.4036N,2.1744E"
"""Stands for a place: wherever it is left, a test finds it."""
TAKEN_AT = "2026:11:30 23:59:00"
TURNED = 6
XMP = b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>" + PLACE + b"</x:xmpmeta>"


def picture(size: tuple[int, int] = (40, 30)) -> Image.Image:
    """Return a picture of many colours, the same each time."""
    width, height = size
    pixels = random.Random(41).randbytes(width * height * 3)  # noqa: S311 no secret
    return Image.frombytes("RGB", size, pixels)


def exif() -> bytes:
    """Return Exif data with a place, a camera, a moment and which way up the picture is."""
    data = Image.Exif()
    data[0x0112] = TURNED
    data[0x010E] = PLACE.decode()
    data[0x010F] = "Maker"
    data.get_ifd(0x8769)[0x9003] = TAKEN_AT
    data.get_ifd(0x8769)[0x927C] = PLACE
    data.get_ifd(0x8825).update({1: "N", 2: (41.0, 24.0, 12.5), 3: "E", 4: (2.0, 10.0, 27.0)})
    return data.tobytes()


def jpeg(**options: Any) -> bytes:
    """Return a JPEG with places in Exif, XMP, IPTC, a comment, and behind its end."""
    file = io.BytesIO()
    given = {"exif": exif(), "comment": PLACE, **options}
    picture().save(file, "JPEG", **given)
    plain = file.getvalue()
    begin = plain.index(b"\xff\xdb")
    more = segment(0xE1, XMP) + segment(0xED, b"Photoshop 3.0\0" + PLACE)
    return plain[:begin] + more + plain[begin:] + b"\0ftypmp42" + PLACE


def segment(marker: int, body: bytes) -> bytes:
    """Return a segment of a JPEG."""
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def png() -> bytes:
    """Return a PNG with places in Exif, XMP, text, and behind its end."""
    text = PngImagePlugin.PngInfo()
    text.add_itxt("XML:com.adobe.xmp", PLACE.decode())
    text.add_text("Comment", PLACE.decode())
    file = io.BytesIO()
    picture().save(file, "PNG", exif=exif(), pnginfo=text)
    return file.getvalue() + PLACE


def webp() -> bytes:
    """Return a WebP with places in Exif, XMP, and behind its end."""
    file = io.BytesIO()
    picture().save(file, "WEBP", exif=exif(), xmp=XMP, lossless=True)
    return file.getvalue() + PLACE


EVERY_TYPE = {"image/jpeg": jpeg, "image/png": png, "image/webp": webp}
