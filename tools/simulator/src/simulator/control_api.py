"""The control API: play a person, break things, and see what happened."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, TypeAlias

from fastapi import APIRouter, Body, HTTPException, Path, Request
from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.datastructures import UploadFile

from simulator.faults import FaultBoard, Faults, sentence
from simulator.http_caller import NoAnswer
from simulator.ingress_client import IngressClient
from simulator.people import KEY, People
from simulator.writing import Writing

Key: TypeAlias = Annotated[str, Path(pattern=KEY)]


class RawWebhook(BaseModel):
    """Any bytes for the business, well signed, badly signed or not signed."""

    model_config = ConfigDict(extra="forbid")
    body: str
    sign: bool | Literal["forged"] = True


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
        router.add_api_route("/users/{key}/messages", self._write, methods=["POST"])
        router.add_api_route("/users/{key}/transcript", self._transcript, methods=["GET"])
        router.add_api_route("/faults", self._show_faults, methods=["GET"])
        router.add_api_route("/faults", self._set_faults, methods=["PUT"])
        router.add_api_route("/faults", self._clear_faults, methods=["DELETE"])
        router.add_api_route("/stats", self._show_stats, methods=["GET"])
        router.add_api_route("/webhooks/raw", self._post_raw, methods=["POST"])
        return router

    async def _users(self) -> list[dict[str, Any]]:
        return [
            {"wa_id": person.key, "name": person.name, "messages": len(person.entries)}
            for person in self._people.everybody()
        ]

    async def _write(self, key: Key, request: Request) -> dict[str, str]:
        multipart = request.headers.get("content-type", "").startswith("multipart/form-data")
        if multipart:
            return {"wamid": await self._write_file(key, request)}
        return {"wamid": self._writing.write(key, await _message(request))}

    async def _write_file(self, key: str, request: Request) -> str:
        async with request.form() as form:
            file = form.get("file")
            if not isinstance(file, UploadFile):
                raise HTTPException(422, "The field file must hold a file.")
            return self._writing.write_file(
                key,
                await file.read(),
                file.content_type or "application/octet-stream",
                kind=str(form.get("type") or ""),
                name=file.filename or "file",
                caption=str(form.get("caption") or ""),
            )

    async def _transcript(self, key: Key) -> list[dict[str, Any]]:
        person = self._people.find(key)
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
