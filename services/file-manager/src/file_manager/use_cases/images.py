"""Whether a picture can be shown, and is not larger than was asked for."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import IO

from PIL import Image

from file_manager.use_cases.inspecting import Unacceptable

DECODERS: Mapping[str, str] = MappingProxyType(
    {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}
)
"""Pillow's name of the decoder for each type of picture that is kept."""

SAFE_PIXELS: Mapping[str, int] = MappingProxyType(
    {"image/jpeg": 50_000_000, "image/png": 50_000_000, "image/webp": 12_000_000}
)
"""What is decoded at most, whatever a flow says.

A pixel takes 4 bytes of memory meanwhile, of a WebP 16, of a progressive JPEG 3 to 8 (measured).
"""

_EIGHTH = 8
"""A JPEG is decoded at this fraction of its size: all of its bytes are read, few are kept."""

Image.MAX_IMAGE_PIXELS = None  # the limit is the flow's, and checked before anything is decoded


def check_image(content: IO[bytes], mime_type: str, *, most_pixels: int) -> None:
    """Decode the picture, if it has no more pixels than that; blocks.

    Of several pictures in one file the first is decoded. Raises Unacceptable `too-many-pixels` or
    `unreadable-image`.
    """
    content.seek(0)
    try:
        with Image.open(content, formats=[DECODERS[mime_type]]) as picture:
            _small_enough(picture, min(most_pixels, SAFE_PIXELS[mime_type]))
            picture.draft(None, (picture.width // _EIGHTH, picture.height // _EIGHTH))
            picture.load()
    except Unacceptable:
        raise
    except Exception as error:  # a broken picture makes a decoder raise whatever it meets
        raise Unacceptable("unreadable-image") from error


def _small_enough(picture: Image.Image, most_pixels: int) -> None:
    if picture.width * picture.height > most_pixels:
        raise Unacceptable("too-many-pixels")
