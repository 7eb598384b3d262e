"""The file manager of the HubSpot on loopback: what lies where, and what it does not take."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote

from aiohttp import BodyPartReader, web

WHEN = "2026-11-26T10:00:00.000Z"
TAKEN = frozenset({".jpg", ".png", ".pdf"})
LARGEST = 20 * 1024 * 1024


@dataclass(frozen=True)
class Lying:
    """A file, and what is in it."""

    id: str
    path: str
    content: bytes

    def shown(self) -> Mapping[str, Any]:
        """Give it as HubSpot shows it, its name without extension."""
        path = PurePosixPath(self.path)
        return {
            "id": self.id,
            "name": path.stem,
            "extension": path.suffix.removeprefix("."),
            "path": self.path,
            "access": "PRIVATE",
            "size": len(self.content),
            "createdAt": WHEN,
            "updatedAt": WHEN,
            "archived": False,
        }


class FileManager:
    """Holds one file a path. `lags` looks by path see nothing of what lies there."""

    def __init__(self) -> None:
        self.files: dict[str, Lying] = {}
        self.lags = 0

    def put(self, file: str, form: Mapping[str, Any], content: bytes) -> Lying | None:
        """Take a file, unless it is of a kind or size that HubSpot takes none of."""
        path = f"{form['folderPath']}/{form['fileName']}"
        if PurePosixPath(path).suffix not in TAKEN or len(content) > LARGEST:
            return None
        there = self.at(path)
        if there is not None and not form["options"]["overwrite"]:
            path = str(PurePosixPath(path).with_stem(f"{PurePosixPath(path).stem}-1"))
        elif there is not None:
            del self.files[there.id]
        self.files[file] = Lying(file, path, content)
        return self.files[file]

    def at(self, path: str) -> Lying | None:
        """Return what lies there."""
        return next((one for one in self.files.values() if one.path == path), None)

    def seen(self, path: str) -> Lying | None:
        """Return what a look by path sees."""
        if self.lags:
            self.lags -= 1
            return None
        return self.at("/" + unquote(path))


async def form_of(request: web.Request) -> tuple[Mapping[str, Any], bytes]:
    """Read an upload: its fields, of the file what is said of it, and its bytes."""
    assert "Content-Length" in request.headers, "an upload without its length"
    form: dict[str, Any] = {}
    content = b""
    async for part in await request.multipart():
        assert isinstance(part, BodyPartReader)
        if part.name != "file":
            form[str(part.name)] = await part.text()
            continue
        content = bytes(await part.read())
        form["file"] = {"type": part.headers["Content-Type"], "size": len(content)}
    return {**form, "options": json.loads(form["options"])}, content
