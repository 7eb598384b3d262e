"""Control calls about people: who they are, and what they do beside writing."""

from typing import Annotated, Any, Literal, TypeAlias

from fastapi import APIRouter, Body, HTTPException, Path
from pydantic import BaseModel, ConfigDict, Field

from simulator.acting import Acting, Preference
from simulator.people import KEY, USER_ID, WA_ID, People, Shown

Key: TypeAlias = Annotated[str, Path(pattern=KEY)]
STRICT = ConfigDict(extra="forbid")


class Profile(BaseModel):
    """Who a person is, and which of their ids the business gets to see. What is absent stays."""

    model_config = STRICT
    name: str | None = Field(default=None, min_length=1, max_length=60)
    shown: Shown | None = None
    username: str | None = Field(default=None, min_length=1, max_length=60)
    parent_user_id: Annotated[str, Field(pattern=USER_ID)] | None = None
    also_dialled: list[Annotated[str, Field(pattern=WA_ID)]] = []
    """Other spellings of the number under which the business reaches this person."""
    window: Literal["closed"] | None = None
    """As if they had not written for 24 hours; their next message opens the window again."""


class Move(BaseModel):
    """To another number."""

    model_config = STRICT
    wa_id: str = Field(pattern=WA_ID)


class Wish(BaseModel):
    """What a person wants to hear of."""

    model_config = STRICT
    marketing: Preference


class Exactly(BaseModel):
    """A message object that goes out as it stands."""

    model_config = STRICT
    message: dict[str, Any]
    contacts: bool = True


class ActingApi:
    """Routes under `/simulator/users/{key}`."""

    def __init__(self, people: People, acting: Acting) -> None:
        self._people = people
        self._acting = acting

    def router(self) -> APIRouter:
        """Return the routes."""
        router = APIRouter(prefix="/simulator/users/{key}")
        router.add_api_route("", self._describe, methods=["PUT"])
        router.add_api_route("/exact-messages", self._say_exactly, methods=["POST"])
        router.add_api_route("/echoes", self._echo, methods=["POST"])
        router.add_api_route("/preferences", self._prefer, methods=["POST"])
        router.add_api_route("/change-number", self._change_number, methods=["POST"])
        router.add_api_route("/change-user-id", self._change_user_id, methods=["POST"])
        router.add_api_route("/statuses", self._tell_status, methods=["POST"])
        return router

    async def _describe(self, key: Key, profile: Profile) -> dict[str, Any]:
        person = self._people.meet(key, profile.name)
        person.shown = profile.shown or person.shown
        person.username = profile.username or person.username
        if profile.parent_user_id is not None:
            self._people.adopt(person, profile.parent_user_id)
        if profile.window is not None:
            person.wrote_at = None
        for number in profile.also_dialled:
            self._people.dial(number, person)
        return {
            "wa_id": person.wa_id,
            "user_id": person.user_id,
            "parent_user_id": person.parent_user_id,
            "name": person.name,
            "username": person.username,
            "shown": person.shown,
        }

    async def _say_exactly(self, key: Key, exactly: Exactly) -> dict[str, str]:
        person = self._people.meet(key)
        self._acting.say_exactly(person, exactly.message, with_contacts=exactly.contacts)
        return {"wamid": str(exactly.message.get("id", ""))}

    async def _echo(self, key: Key, message: Annotated[dict[str, Any], Body()]) -> dict[str, str]:
        if not isinstance(message.get("type"), str):
            raise HTTPException(422, 'An echo is a message object with a "type".')
        return {"wamid": self._acting.echo(self._people.meet(key), message)}

    async def _prefer(self, key: Key, wish: Wish) -> dict[str, bool]:
        person = self._people.meet(key)
        self._acting.prefer(person, wish.marketing)
        return {"takes_marketing": person.takes_marketing}

    async def _change_number(self, key: Key, move: Move) -> dict[str, Any]:
        person = self._people.meet(key)
        try:
            wamid = self._acting.change_number(person, move.wa_id)
        except ValueError as error:
            raise HTTPException(409, f"{error}.".capitalize()) from None
        return {"wamid": wamid, "wa_id": person.wa_id, "user_id": person.user_id}

    async def _change_user_id(self, key: Key) -> dict[str, Any]:
        person = self._people.meet(key)
        wamid = self._acting.change_user_id(person)
        return {"wamid": wamid, "wa_id": person.wa_id, "user_id": person.user_id}

    async def _tell_status(
        self, key: Key, status: Annotated[dict[str, Any], Body()]
    ) -> dict[str, str]:
        wamid, told = status.get("id"), status.get("status")
        if not isinstance(wamid, str) or not isinstance(told, str):
            raise HTTPException(422, 'A status is an object with an "id" and a "status".')
        self._acting.tell_status(self._people.meet(key), wamid, status)
        return {"wamid": wamid}
