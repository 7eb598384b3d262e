"""The control API: play a person, break things, and see what happened."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, TypeAlias

from fastapi import APIRouter, Body, HTTPException, Path, Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.datastructures import UploadFile

from simulator.faults import FaultBoard, Faults, sentence
from simulator.http_caller import NoAnswer
from simulator.ingress_client import IngressClient
from simulator.people import WA_ID, People, Shown
from simulator.webhooks import TooManyPending
from simulator.writing import Writing

WaId: TypeAlias = Annotated[str, Path(pattern=WA_ID)]


class RawWebhook(BaseModel):
    """Any bytes for the business, well signed, badly signed or not signed."""

    model_config = ConfigDict(extra="forbid")
    body: str
    sign: bool | Literal["forged"] = True


class Profile(BaseModel):
    """How a person calls themselves, and which of their ids the business gets to see."""

    model_config = ConfigDict(extra="forbid")
    name: str | None = Field(default=None, min_length=1, max_length=60)
    shown: Shown | None = None


class ControlApi:
    """Everything under `/simulator` but the page's own needs."""

    def __init__(
        self,
        *,
        people: People,
        writing: Writing,
        faults: FaultBoard,
        ingress: IngressClient,
        stats: Callable[[], Mapping[str, Any]],
    ) -> None:
        self._people = people
        self._writing = writing
        self._faults = faults
        self._ingress = ingress
        self._stats = stats

    def router(self) -> APIRouter:
        """Return the routes."""
        router = APIRouter(prefix="/simulator")
        router.add_api_route("/users", self._users, methods=["GET"])
        router.add_api_route("/users/{wa_id}", self._rename, methods=["PUT"])
        router.add_api_route("/users/{wa_id}/messages", self._write, methods=["POST"])
        router.add_api_route("/users/{wa_id}/transcript", self._transcript, methods=["GET"])
        router.add_api_route("/faults", self._show_faults, methods=["GET"])
        router.add_api_route("/faults", self._set_faults, methods=["PUT"])
        router.add_api_route("/faults", self._clear_faults, methods=["DELETE"])
        router.add_api_route("/stats", self._show_stats, methods=["GET"])
        router.add_api_route("/webhooks/raw", self._post_raw, methods=["POST"])
        return router

    async def _users(self) -> list[dict[str, Any]]:
        return [
            {"wa_id": person.wa_id, "name": person.name, "messages": len(person.entries)}
            for person in self._people.everybody()
        ]

    async def _rename(self, wa_id: WaId, profile: Profile) -> dict[str, str]:
        person = self._people.meet(wa_id, profile.name)
        person.shown = profile.shown or person.shown
        return {"wa_id": person.wa_id, "name": person.name, "shown": person.shown}

    async def _write(self, wa_id: WaId, request: Request) -> dict[str, str]:
        multipart = request.headers.get("content-type", "").startswith("multipart/form-data")
        try:
            if multipart:
                return {"wamid": await self._write_file(wa_id, request)}
            return {"wamid": self._writing.write(wa_id, await _message(request))}
        except TooManyPending:
            raise HTTPException(503, "Too many webhooks wait for the business.") from None

    async def _write_file(self, wa_id: str, request: Request) -> str:
        async with request.form() as form:
            file = form.get("file")
            if not isinstance(file, UploadFile):
                raise HTTPException(422, "The field file must hold a file.")
            return self._writing.write_file(
                wa_id,
                await file.read(),
                file.content_type or "application/octet-stream",
                kind=str(form.get("type") or ""),
                name=file.filename or "file",
                caption=str(form.get("caption") or ""),
            )

    async def _transcript(self, wa_id: WaId) -> list[dict[str, Any]]:
        person = self._people.find(wa_id)
        return [entry.transcript() for entry in person.entries] if person else []

    async def _show_faults(self) -> Faults:
        return self._faults.now

    async def _set_faults(self, wanted: Annotated[Any, Body()]) -> Faults:
        try:
            return self._faults.set(wanted)
        except ValidationError as error:
            raise HTTPException(422, sentence(error)) from None

    async def _clear_faults(self) -> Faults:
        self._faults.clear()
        return self._faults.now

    async def _show_stats(self) -> Mapping[str, Any]:
        return self._stats()

    async def _post_raw(self, webhook: RawWebhook) -> dict[str, Any]:
        try:
            answer = await self._ingress.post_raw(webhook.body.encode(), signature=webhook.sign)
        except NoAnswer:
            raise HTTPException(502, "The business' webhook address does not answer.") from None
        return {"status": answer.status, "body": answer.text}


async def _message(request: Request) -> dict[str, Any]:
    try:
        message = await request.json()
    except ValueError:
        message = None
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        raise HTTPException(422, 'A message is a JSON object with a "type", as in a webhook.')
    return message
