"""All that a file has to pass between fetched and stored, and in which form it is then kept."""

import asyncio
import hashlib
import io
import zipfile
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from dataclasses import dataclass

import pytest
from structlog.testing import capture_logs

from devstack.clamd import EICAR
from domain.events import FileUploaded
from domain.events.file import FileDetails
from file_manager.adapters.memory_scanner import MemoryScanner
from file_manager.use_cases.checks import Checks, Scanning
from file_manager.use_cases.inspecting import InspectionUnavailable, Unacceptable
from file_manager.use_cases.spool import Spool
from pictures import EVERY_TYPE, PLACE, jpeg

Uploads = Callable[..., FileUploaded]

OFFICE = "application/vnd.openxmlformats-officedocument."
LETTER = OFFICE + "wordprocessingml.document"
SHEET = OFFICE + "spreadsheetml.sheet"
OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
FILM = b"\0\0\0\x10ftypM4A \0\0\0\0" + b"\0\0\0\x1cmoov" + b"\0\0\0\x14hdlr" + bytes(8) + b"vide"
MEBIBYTE = 1024 * 1024


@pytest.fixture
def scanner() -> MemoryScanner:
    return MemoryScanner({"Eicar-Test": EICAR})


@dataclass
class Kept:
    content: bytes
    sha256: str
    mime_type: str
    scanned: bool


async def spooled(content: bytes) -> Spool:
    spool = Spool()
    await spool.append(content)
    await spool.flush()
    return spool


async def inspected(checks: Checks, file: FileUploaded, content: bytes) -> Kept:
    fetched = await spooled(content)
    with closing(fetched):
        found = await checks.inspect(file, fetched)
        whole = b"".join([part async for part in found.content.parts(64 * 1024)])
        kept = found.content
        return Kept(whole, kept.sha256, found.file_type.mime_type, found.scanned)


async def reason(checks: Checks, file: FileUploaded, content: bytes) -> str:
    with pytest.raises(Unacceptable) as refusal:
        await inspected(checks, file, content)
    return refusal.value.reason


def letter(**parts: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", b"<Types/>")
        archive.writestr("word/document.xml", b"Dear Ana")
        for name, content in parts.items():
            archive.writestr(name, content)
    return file.getvalue()


async def test_a_photo_is_kept_as_it_came_where_the_flow_asks_nothing(upload: Uploads) -> None:
    photo = jpeg()

    found = await inspected(Checks(), upload(), photo)

    assert found == Kept(photo, hashlib.sha256(photo).hexdigest(), "image/jpeg", scanned=False)


async def test_a_photo_is_kept_without_its_place_where_the_flow_asks_for_it(
    upload: Uploads,
) -> None:
    for mime_type, make in EVERY_TYPE.items():
        file = upload(mime_type=mime_type, strip_location=True)

        found = await inspected(Checks(), file, make())

        assert PLACE not in found.content
        assert found.sha256 == hashlib.sha256(found.content).hexdigest()


@pytest.mark.parametrize("size", [100, 4096, MEBIBYTE])
async def test_a_photo_without_its_place_comes_in_parts_as_often_as_it_is_asked_for(
    upload: Uploads, size: int
) -> None:
    file, photo = upload(strip_location=True), jpeg(comment=bytes(10_000))

    with closing(await spooled(photo)) as fetched:
        kept = (await Checks().inspect(file, fetched)).content
        once, again = [[part async for part in kept.parts(size)] for _ in range(2)]

    assert once == again
    assert sum(map(len, once)) == kept.size < len(photo)
    assert {len(part) for part in once[:-1]} <= {size}
    assert 0 < len(once[-1]) <= size


async def test_what_has_no_place_to_take_out_is_kept_as_it_came(upload: Uploads) -> None:
    file = upload(mime_type="application/pdf", strip_location=True, kind="document")

    assert (await inspected(Checks(), file, b"%PDF-1.7 words")).content == b"%PDF-1.7 words"


REJECTED = [
    ("wrong-type", {}, b"<html>an error page</html>"),
    ("wrong-type", {}, b""),
    ("wrong-type", {"mime_type": "text/plain"}, b"MZ\0\1"),
    ("unsupported-type", {"mime_type": "application/x-msdownload"}, b"MZ"),
    ("double-extension", {"personal": FileDetails(file_name="cat.jpg.exe")}, jpeg()),
    ("wrong-type", {"mime_type": SHEET}, letter()),
    ("archive-bomb", {"mime_type": LETTER}, letter(bomb=bytes(40 * MEBIBYTE))),
    ("unreadable-archive", {"mime_type": LETTER}, b"PK\x03\x04rest"),
    ("encrypted", {"mime_type": LETTER}, OLD + "EncryptedPackage".encode("utf-16-le")),
    ("wrong-type", {"mime_type": LETTER}, OLD),
    ("wrong-type", {"mime_type": "audio/mp4"}, FILM),
    ("too-many-pixels", {"max_pixels": 1199}, jpeg()),
    ("unreadable-image", {"max_pixels": 1200}, jpeg()[:500]),
    ("unreadable-image", {"strip_location": True}, jpeg()[:500]),
]  # fmt: skip


@pytest.mark.parametrize(("why", "changes", "content"), REJECTED)
async def test_a_file_that_may_not_be_kept_is_refused_with_a_reason(
    upload: Uploads, why: str, changes: dict[str, object], content: bytes
) -> None:
    assert await reason(Checks(), upload(**changes), content) == why


async def test_a_picture_is_decoded_only_where_the_flow_asks_for_it(upload: Uploads) -> None:
    broken = jpeg()[:500]

    assert (await inspected(Checks(), upload(), broken)).content == broken


async def test_malware_is_never_kept(upload: Uploads, scanner: MemoryScanner) -> None:
    file = upload(mime_type="text/plain", kind="document")

    for required in (True, False):
        assert await reason(Checks(Scanning(scanner, required)), file, EICAR) == "malware"


async def test_malware_is_never_decoded(upload: Uploads, scanner: MemoryScanner) -> None:
    hurt = jpeg()[:500] + EICAR

    assert await reason(Checks(Scanning(scanner)), upload(max_pixels=1200), hurt) == "malware"


async def test_what_was_scanned_is_what_the_person_sent(
    upload: Uploads, scanner: MemoryScanner
) -> None:
    photo = jpeg(comment=EICAR)
    file = upload(strip_location=True)

    assert await reason(Checks(Scanning(scanner)), file, photo) == "malware"


async def test_a_file_that_was_scanned_says_so(upload: Uploads, scanner: MemoryScanner) -> None:
    assert (await inspected(Checks(Scanning(scanner)), upload(), jpeg())).scanned


async def test_a_file_waits_for_a_scanner_that_is_required(
    upload: Uploads, scanner: MemoryScanner
) -> None:
    scanner.gone = "clamd cannot be reached: nobody listens there"
    checks = Checks(Scanning(scanner))

    with pytest.raises(InspectionUnavailable, match="nobody listens there"):
        await inspected(checks, upload(), jpeg())
    with pytest.raises(InspectionUnavailable, match="nobody listens there"):
        await checks.reach()
    scanner.gone = None

    await checks.reach()
    assert (await inspected(checks, upload(), jpeg())).scanned


async def test_a_file_does_not_wait_for_a_scanner_that_is_optional(
    upload: Uploads, scanner: MemoryScanner
) -> None:
    scanner.gone = "clamd cannot be reached: nobody listens there"

    checks = Checks(Scanning(scanner, required=False))

    await checks.reach()
    with capture_logs() as logs:
        found = await inspected(checks, upload(), jpeg())

    assert found.content == jpeg()
    assert not found.scanned
    assert [log["event"] for log in logs] == ["a file is kept that nobody scanned"]


@pytest.mark.parametrize("required", [True, False])
async def test_a_file_that_no_scan_can_cover_is_kept_only_where_it_is_optional(
    upload: Uploads, *, required: bool
) -> None:
    checks = Checks(Scanning(MemoryScanner(most_bytes=10), required))

    with capture_logs():
        if required:
            assert await reason(checks, upload(), jpeg()) == "too-large"
        else:
            assert not (await inspected(checks, upload(), jpeg())).scanned


async def test_neither_name_nor_content_of_a_file_is_logged(
    upload: Uploads, scanner: MemoryScanner
) -> None:
    file = upload(mime_type="text/plain", personal=FileDetails(file_name="Ana.txt", caption="Ana"))

    with capture_logs() as logs:
        await reason(Checks(Scanning(scanner)), file, b"Ana " + EICAR)

    assert logs
    assert "Ana" not in repr(logs)


async def test_one_picture_is_decoded_at_a_time(
    upload: Uploads, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once, most = 0, 0

    async def decoding(check: Callable[[], None]) -> None:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await asyncio.sleep(0)
        at_once -= 1
        del check

    monkeypatch.setattr("file_manager.use_cases.checks.asyncio.to_thread", decoding)
    checks = Checks()

    await asyncio.gather(*(inspected(checks, upload(max_pixels=1200), jpeg()) for _ in range(3)))

    assert most == 1


class Endless:
    """A scanner that looks at every part of a file, one after the other."""

    def __init__(self) -> None:
        self.largest = 0

    async def reach(self) -> None:
        pass

    async def scan(self, content: AsyncIterator[bytes]) -> str | None:
        async for piece in content:
            self.largest = max(self.largest, len(piece))
        return None


async def test_a_large_file_is_scanned_in_small_pieces(upload: Uploads) -> None:
    scanner = Endless()
    film = b"\0\0\0\x18ftypmp42" + bytes(6 * MEBIBYTE)

    await inspected(Checks(Scanning(scanner)), upload(mime_type="video/mp4", kind="video"), film)

    assert 0 < scanner.largest <= MEBIBYTE
