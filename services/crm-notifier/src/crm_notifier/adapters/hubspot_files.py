"""People's files in HubSpot: private, under the id of the event that told of each."""

import json
import re
import secrets
from collections.abc import AsyncIterator, Mapping
from mimetypes import guess_extension
from pathlib import PurePosixPath
from typing import NamedTuple

import structlog
from pydantic import BaseModel, ConfigDict

from crm_notifier.adapters.hubspot_answers import ADDRESS_UNKNOWN, NO_RIGHTS, NotThere
from crm_notifier.adapters.hubspot_api import Answered, HubSpotApi, filled
from crm_notifier.adapters.stored_files import Fetched, NotToBeHad, StoredFiles, seconds
from domain.events import FileStored
from domain.ports.crm import CrmPaused, CrmRefused, CrmUnavailable

FOLDER = "whatsapp-agent"
"""In HubSpot's file manager."""
LARGEST = 20 * 1024 * 1024
"""Bytes that HubSpot takes of a file in an account that pays nothing."""

_FILES = "/files/{version}/files"
_OPTIONS = json.dumps({"access": "PRIVATE", "overwrite": True})
"""Nobody sees it without asking HubSpot; what a lost answer left there is replaced."""
_EXTENSION = re.compile(r"\.[a-z0-9]{1,8}")
_TYPE = re.compile(r"[a-z0-9][a-z0-9.+-]{0,63}/[a-z0-9][a-z0-9.+-]{0,127}")

_log = structlog.get_logger(__name__)


class Uploaded(BaseModel):
    """A file as HubSpot has it; its name is without its extension."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    id: str
    name: str | None = None


class _Stat(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)
    file: Uploaded | None = None


class _Nothing(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Form(NamedTuple):
    """A form in pieces. HubSpot is told before it begins how long it is as a whole."""

    before: bytes
    fetched: Fetched
    after: bytes
    headers: Mapping[str, str]

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self.before
        async for piece in self.fetched:
            yield piece
        yield self.after


class HubSpotFiles:
    """Files of at most `largest` bytes go to HubSpot; of others it is told where they lie.

    Without `stored` none go there; what went there before is deleted all the same.
    """

    def __init__(
        self, api: HubSpotApi, stored: StoredFiles | None = None, *, largest: int = LARGEST
    ) -> None:
        self.wanted = stored is not None
        self._api = api
        self._stored = stored
        self._largest = largest

    async def keep(self, event: FileStored, key: str) -> str | None:
        """Have the file in HubSpot once, however often it is told, and return its id there.

        Return None where HubSpot is not to have it, or cannot: it is too large, of a kind that is
        refused, or deleted meanwhile. Raises CrmUnavailable.
        """
        if self._stored is None:
            return None
        reason = "too-large"
        if event.size <= self._largest:
            try:
                return await self._kept(self._stored, event, f"{key}{_extension(event)}")
            except NotToBeHad:
                reason = "not-to-be-had"
            except CrmRefused as refusal:
                reason = str(refusal)
        _log.warning("hubspot gets the address of a file only", reason=reason)
        return None

    async def remove(self, file: str, key: str) -> None:
        """Delete for good what `keep` made under this key; what others attached stays."""
        where = filled(f"{_FILES}/{{file}}", file=file)
        try:
            found = await self._ask(Uploaded, "GET", where)
            if (found.name or "").partition(".")[0] == key:
                await self._ask(_Nothing, "DELETE", f"{where}/gdpr-delete")
        except NotThere:
            return  # an attempt before this one was as far
        except CrmPaused as failure:
            if self.wanted or str(failure) not in NO_RIGHTS:
                raise
            _log.warning("a file at a note of ours stays: the key may not reach files")

    async def _kept(self, stored: StoredFiles, event: FileStored, name: str) -> str:
        known = await self._known(f"{FOLDER}/{name}")
        if known is not None:
            return known.id
        await self._api.turn()
        return (await self._api.patiently(lambda: self._upload(stored, event, name))).id

    async def _known(self, path: str) -> Uploaded | None:
        where = filled(f"{_FILES}/stat/{{path}}", path=path)
        try:
            return (await self._ask(_Stat, "GET", where)).file
        except NotThere:
            return None
        except CrmPaused as failure:
            if str(failure) == ADDRESS_UNKNOWN:
                return None  # a 404 that says no more than that
            raise

    async def _ask(self, answered: type[Answered], method: str, path: str) -> Answered:
        await self._api.turn()
        return await self._api.patiently(lambda: self._api.once(answered, method, path))

    async def _upload(self, stored: StoredFiles, event: FileStored, name: str) -> Uploaded:
        async with stored.open(event) as fetched:
            form = _form(event, name, fetched)
            try:
                return await self._api.once(
                    Uploaded,
                    "POST",
                    _FILES,
                    form,
                    headers=form.headers,
                    within=seconds(event.size),
                )
            except CrmUnavailable:
                if fetched.differs:
                    raise NotToBeHad from None
                raise


def _form(event: FileStored, name: str, fetched: Fetched) -> _Form:
    boundary = secrets.token_hex(24)  # which no file can guess
    kind = event.mime_type if _TYPE.fullmatch(event.mime_type) else "application/octet-stream"
    fields = {"folderPath": f"/{FOLDER}", "fileName": name, "options": _OPTIONS}
    head = "".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'
        for field, value in fields.items()
    )
    head += (
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        f"Content-Type: {kind}\r\n\r\n"
    )
    before, after = head.encode(), f"\r\n--{boundary}--\r\n".encode()
    headers = {
        "content-type": f"multipart/form-data; boundary={boundary}",
        "content-length": str(len(before) + event.size + len(after)),
    }
    return _Form(before, fetched, after, headers)


def _extension(event: FileStored) -> str:
    """Return what the name ends with: HubSpot goes by it."""
    own = PurePosixPath(event.key).suffix
    if _EXTENSION.fullmatch(own):
        return own
    return guess_extension(event.mime_type) or ""
