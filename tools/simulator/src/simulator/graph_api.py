"""The Graph API: what a business calls, with Meta's answers."""

import hmac
import json
from collections.abc import Iterator
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, StreamingResponse
from starlette.datastructures import UploadFile

from simulator.access import AccessBoard
from simulator.faults import FaultBoard
from simulator.graph_errors import (
    INVALID_PARAMETER,
    INVALID_TOKEN,
    MEDIA_UPLOAD,
    UNKNOWN_OBJECT,
    UNKNOWN_PATH,
    AnswerLost,
    GraphError,
    Unreached,
)
from simulator.media import OUTBOUND, Media, MediaStore, bare
from simulator.outbound import check_frame
from simulator.paths import VERSION
from simulator.sending import Sending

CHUNK = 64 * 1024


class GraphApi:
    """Messages, and media with addresses that expire."""

    def __init__(
        self,
        *,
        access_token: str,
        phone_number_id: str,
        sending: Sending,
        media: MediaStore,
        faults: FaultBoard,
        access: AccessBoard,
    ) -> None:
        self._authorization = f"Bearer {access_token}".encode()
        self._phone_number_id = phone_number_id
        self._sending = sending
        self._media = media
        self._faults = faults
        self._access = access

    def mount(self, app: FastAPI) -> None:
        """Add the routes and the form of their errors. They catch most paths: mount them last."""
        router = APIRouter()
        attachments = "/whatsapp_business/attachments/"
        router.add_api_route(attachments, self._download, methods=["GET"])
        router.add_api_route("/{version}/{number}/messages", self._send, methods=["POST"])
        router.add_api_route("/{version}/{number}/media", self._upload, methods=["POST"])
        router.add_api_route("/{version}/{media_id}", self._look_up, methods=["GET"])
        router.add_api_route("/{version}/{media_id}", self._delete, methods=["DELETE"])
        app.include_router(router)
        app.add_exception_handler(GraphError, _answer_error)
        for failure in (Unreached, AnswerLost):
            app.add_exception_handler(failure, _no_answer)

    async def _send(self, version: str, number: str, request: Request) -> Any:
        self._admit(request, version, number)
        body = _json(await request.body())
        return await self._sending.handle(body, request.is_disconnected)

    async def _upload(self, version: str, number: str, request: Request) -> dict[str, str]:
        self._admit(request, version, number)
        async with request.form() as form:
            check_frame(dict(form))
            file = form.get("file")
            if not isinstance(file, UploadFile):
                raise GraphError(INVALID_PARAMETER, "Param file must be a file")
            mime_type = str(form.get("type") or file.content_type)
            content = await file.read()
        _check_upload(mime_type, len(content))
        return {"id": self._media.keep(content, mime_type, file.filename).id}

    async def _look_up(self, version: str, media_id: str, request: Request) -> dict[str, Any]:
        self._admit(request, version, request.query_params.get("phone_number_id"))
        media = self._find(media_id)
        return {
            "messaging_product": "whatsapp",
            "url": str(request.base_url).rstrip("/") + self._media.address(media),
            "mime_type": media.mime_type,
            "sha256": media.digest.hex(),
            "file_size": len(media.content),
            "id": media.id,
        }

    async def _delete(self, version: str, media_id: str, request: Request) -> dict[str, bool]:
        self._admit(request, version, request.query_params.get("phone_number_id"))
        self._find(media_id)
        return {"success": self._media.delete(media_id)}

    async def _download(self, request: Request) -> Response:
        self._authorize(request)
        given = [request.query_params.get(name, "") for name in ("mid", "ext", "hash")]
        media = None if self._faults.now.media_expired else self._media.at_address(*given)
        if media is None:
            return Response(status_code=404)
        headers = {"Content-Length": str(len(media.content))}
        return StreamingResponse(_chunks(media), media_type=media.mime_type, headers=headers)

    def _find(self, media_id: str) -> Media:
        media = None if self._faults.now.media_expired else self._media.find(media_id)
        if media is None:
            raise GraphError(UNKNOWN_OBJECT, "Object with this ID does not exist or has expired")
        return media

    def _admit(self, request: Request, version: str, number: str | None) -> None:
        if not VERSION.fullmatch(version):
            raise GraphError(UNKNOWN_PATH, "The path needs a version such as v24.0")
        self._authorize(request)
        if number is not None and number != self._phone_number_id:
            raise GraphError(UNKNOWN_OBJECT, "Object with this ID does not exist")

    def _authorize(self, request: Request) -> None:
        given = request.headers.get("authorization", "").encode()
        is_known = hmac.compare_digest(given, self._authorization)
        if not is_known or not self._access.now.token.is_valid:
            raise GraphError(INVALID_TOKEN, "Invalid OAuth access token")


async def _answer_error(_: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, GraphError):
        raise error
    return JSONResponse(error.body(), status_code=error.status)


async def _no_answer(_: Request, __: Exception) -> Response:
    """Say what something in between says when it gets no answer: nothing of the Graph API's."""
    page = "<html><head><title>504 Gateway Time-out</title></head></html>"
    return HTMLResponse(page, status_code=504)


def _json(content: bytes) -> dict[str, Any]:
    try:
        body = json.loads(content)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise GraphError(INVALID_PARAMETER, "The body must be a JSON object")
    return body


def _check_upload(mime_type: str, size: int) -> None:
    allowed = OUTBOUND.get(bare(mime_type))
    if allowed is None:
        raise GraphError(INVALID_PARAMETER, f"Param file must be one of {sorted(OUTBOUND)}")
    kind, most = allowed
    if size > most:
        raise GraphError(MEDIA_UPLOAD, f"A file of kind {kind} may have {most} bytes")


def _chunks(media: Media) -> Iterator[bytes]:
    for start in range(0, len(media.content), CHUNK):
        yield media.content[start : start + CHUNK]
