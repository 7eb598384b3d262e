"""Files in what a business sends: by the id of an upload, or by a link (Meta: messages pages)."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from simulator.graph_errors import BAD_VALUE, INVALID_PARAMETER, MEDIA_UPLOAD, GraphError
from simulator.shapes import length, text

MediaKind: TypeAlias = Callable[[str], str | None]
"""Gives the kind (`image`, …) of an uploaded media id, None for an id nobody uploaded."""

CAPTION = 1024
CAPTIONED = frozenset({"image", "video", "document"})


def check_file(content: Mapping[str, Any], kind: str, path: str, media_kind: MediaKind) -> None:
    """Raise GraphError unless `content` names a file of this kind, under Meta's conditions."""
    if ("id" in content) == ("link" in content):
        raise GraphError(INVALID_PARAMETER, f"Param {path} needs either id or link")
    if "link" in content:
        check_address(content, "link", f"{path}.link")
    else:
        _check_uploaded(text(content, "id", f"{path}.id"), kind, path, media_kind)
    if "filename" in content:
        if kind != "document":
            raise GraphError(INVALID_PARAMETER, f"Param {path}.filename is not allowed for {kind}")
        text(content, "filename", f"{path}.filename")


def check_media(content: Mapping[str, Any], kind: str, media_kind: MediaKind) -> None:
    """Raise GraphError for the first thing wrong with a media message."""
    check_file(content, kind, kind, media_kind)
    if "caption" in content:
        if kind not in CAPTIONED:
            raise GraphError(INVALID_PARAMETER, f"Param {kind}.caption is not allowed")
        length(content, "caption", f"{kind}.caption", most=CAPTION, least=0)
    if "voice" in content and (kind != "audio" or not isinstance(content["voice"], bool)):
        raise GraphError(INVALID_PARAMETER, f"Param {kind}.voice must be a boolean, of audio only")


def check_address(content: Mapping[str, Any], key: str, path: str) -> None:
    """Raise GraphError unless the web address under `key` is one."""
    if not text(content, key, path).startswith(("https://", "http://")):
        raise GraphError(BAD_VALUE, f"Param {path} is not a URL")


def _check_uploaded(media_id: str, kind: str, path: str, media_kind: MediaKind) -> None:
    uploaded = media_kind(media_id)
    if uploaded is None:
        raise GraphError(BAD_VALUE, f"Param {path}.id is not a media id of this number")
    if uploaded != kind:
        raise GraphError(MEDIA_UPLOAD, f"The media is {uploaded}, not {kind}")
