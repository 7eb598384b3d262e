"""All that a file has to pass between fetched and stored."""

import asyncio
from dataclasses import dataclass, field
from functools import partial

import structlog

from domain.events import FileUploaded
from domain.ports.scanning import MalwareScanner, ScannerUnavailable, TooLargeToScan
from file_manager.use_cases.archives import check_document, has_a_password
from file_manager.use_cases.cleaned import Cleaned
from file_manager.use_cases.file_names import is_dangerous
from file_manager.use_cases.file_types import HEAD_BYTES, FileType, declared_type
from file_manager.use_cases.films import is_film
from file_manager.use_cases.images import DECODERS, check_image
from file_manager.use_cases.inspecting import Inspected, InspectionUnavailable, Unacceptable
from file_manager.use_cases.locations import can_be_stripped
from file_manager.use_cases.spool import Spool

_PIECE = 256 * 1024
_SOUND = "audio/mp4"
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Scanning:
    """Who looks for malware, and whether a file may be kept that nobody looked at."""

    scanner: MalwareScanner
    required: bool = True

    async def reach(self) -> None:
        """Return if a file could pass now. Raises InspectionUnavailable."""
        if self.required:
            try:
                await self.scanner.reach()
            except ScannerUnavailable as failure:
                raise InspectionUnavailable(str(failure)) from failure

    async def passes(self, fetched: Spool) -> bool:
        """Say whether it was looked at, and nothing found.

        Raises Unacceptable `malware`, or, where it is required, `too-large` or
        InspectionUnavailable.
        """
        try:
            found = await self.scanner.scan(fetched.parts(_PIECE))
        except (ScannerUnavailable, TooLargeToScan) as failure:
            if self.required:
                raise _hindered(failure) from failure
            _log.warning("a file is kept that nobody scanned", problem=repr(failure))
            return False
        if found is not None:
            _log.error("malware was found in a file", signature=found)
            raise Unacceptable("malware")
        return True


@dataclass(frozen=True, slots=True)
class Checks:
    """An Inspector: what can be told in a moment first, what decodes the file last.

    Without `scanning` nobody looks for malware.
    """

    scanning: Scanning | None = None
    _decoder: asyncio.Lock = field(init=False, default_factory=asyncio.Lock)
    """Held for one picture at a time: decoded it is larger than anything else here."""

    async def reach(self) -> None:
        """Return if all who have to look at files are there."""
        if self.scanning is not None:
            await self.scanning.reach()

    async def inspect(self, file: FileUploaded, fetched: Spool) -> Inspected:
        """Return what is to be stored: the fetched file as it is, or without its place."""
        file_type = _declared(file)
        if not file_type.matches(await fetched.part(0, HEAD_BYTES)):
            raise Unacceptable(await _why_not(file_type, fetched))
        if file_type.mime_type == _SOUND and await asyncio.to_thread(is_film, fetched.content):
            raise Unacceptable("wrong-type")
        if folder := file_type.folder:
            await asyncio.to_thread(check_document, fetched.content, fetched.size, folder=folder)
        scanned = self.scanning is not None and await self.scanning.passes(fetched)
        await self._decode(file, file_type, fetched)
        if file.strip_location and can_be_stripped(file_type.mime_type):
            cleaned = await Cleaned.of(fetched, file_type.mime_type)
            return Inspected(cleaned, file_type, scanned)
        return Inspected(fetched, file_type, scanned)

    async def _decode(self, file: FileUploaded, file_type: FileType, fetched: Spool) -> None:
        most = file.max_pixels
        if most is None or file_type.mime_type not in DECODERS:
            return
        check = partial(check_image, fetched.content, file_type.mime_type, most_pixels=most)
        async with self._decoder:
            await asyncio.to_thread(check)


async def _why_not(file_type: FileType, fetched: Spool) -> str:
    if file_type.folder is None:
        return "wrong-type"
    locked = await asyncio.to_thread(has_a_password, fetched.content)
    return "encrypted" if locked else "wrong-type"


def _declared(file: FileUploaded) -> FileType:
    file_type = declared_type(file.mime_type)
    if file_type is None:
        raise Unacceptable("unsupported-type")
    if is_dangerous(file.personal.file_name):
        raise Unacceptable("double-extension")
    return file_type


def _hindered(failure: ScannerUnavailable | TooLargeToScan) -> Exception:
    if isinstance(failure, TooLargeToScan):
        _log.error("the scanner takes only smaller files than MAX_BYTES allows")
        return Unacceptable("too-large")
    return InspectionUnavailable(str(failure))
