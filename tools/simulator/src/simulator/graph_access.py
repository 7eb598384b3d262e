"""The Graph API about access: tokens, subscriptions, the number (Graph API reference)."""

import hmac
from typing import Any

from fastapi import APIRouter, FastAPI, Request

from simulator.access import MANAGEMENT, AccessBoard
from simulator.envelopes import Business
from simulator.graph_errors import (
    INVALID_TOKEN,
    PERMISSION_DENIED,
    UNKNOWN_OBJECT,
    UNKNOWN_PATH,
    GraphError,
)
from simulator.paths import VERSION

_NAME = "WhatsApp Agent"
_SCOPED_TO_ACCOUNTS = "whatsapp_business_"


class GraphAccess:
    """Answers what a business asks about its own access."""

    def __init__(
        self,
        *,
        business: Business,
        app_id: str,
        app_secret: str,
        access_token: str,
        callback_url: str,
        board: AccessBoard,
    ) -> None:
        self._business = business
        self._app_id = app_id
        self._app_token = f"{app_id}|{app_secret}"
        self._access_token = access_token
        self._callback_url = callback_url
        self._board = board

    def mount(self, app: FastAPI) -> None:
        """Add the routes; to be done before those that catch most paths."""
        router = APIRouter()
        router.add_api_route("/{version}/debug_token", self._debug, methods=["GET"])
        for name in ("subscribed_apps", "subscriptions"):
            answer = self._apps if name == "subscribed_apps" else self._fields
            router.add_api_route(f"/{{version}}/{{node}}/{name}", answer, methods=["GET"])
        number = f"/{{version}}/{self._business.phone_number_id}"
        router.add_api_route(number, self._number, methods=["GET"])
        app.include_router(router)

    async def _debug(self, version: str, request: Request) -> dict[str, Any]:
        caller = self._caller(version, request)
        if caller != self._app_token:
            self._refuse_stale(caller)
        asked = request.query_params.get("input_token", "")
        if asked != self._access_token:
            return {"data": {"is_valid": False, "scopes": [], "error": _bad_token()}}
        return {"data": self._described()}

    async def _apps(self, version: str, node: str, request: Request) -> dict[str, Any]:
        self._refuse_stale(self._caller(version, request))
        _require(node, self._business.account_id)
        if MANAGEMENT not in self._board.now.token.scopes:
            raise GraphError(PERMISSION_DENIED, "Needs whatsapp_business_management")
        told = self._board.now.subscription
        app = {"id": self._app_id, "name": _NAME, "link": f"https://example.com/{self._app_id}"}
        override = told.override_callback_uri
        one = {
            "whatsapp_business_api_data": app,
            **({"override_callback_uri": override} if override else {}),
        }
        return {"data": [one] if told.is_subscribed else []}

    async def _fields(self, version: str, node: str, request: Request) -> dict[str, Any]:
        if self._caller(version, request) != self._app_token:
            raise GraphError(INVALID_TOKEN, "This method must be called with an app access_token.")
        _require(node, self._app_id)
        told = self._board.now.subscription
        subscription = {
            "object": "whatsapp_business_account",
            "callback_url": told.callback_url or self._callback_url,
            "active": told.is_active,
            "fields": [{"name": name, "version": version} for name in told.fields],
        }
        return {"data": [subscription]}

    async def _number(self, version: str, request: Request) -> dict[str, Any]:
        self._refuse_stale(self._caller(version, request))
        return {
            "id": self._business.phone_number_id,
            "display_phone_number": self._business.display_phone_number,
            "verified_name": self._business.name,
            "quality_rating": "GREEN",
        }

    def _described(self) -> dict[str, Any]:
        token = self._board.now.token
        targets = {} if token.accounts is None else {"target_ids": list(token.accounts)}
        scoped = [scope for scope in token.scopes if scope.startswith(_SCOPED_TO_ACCOUNTS)]
        return {
            "app_id": token.app_id or self._app_id,
            "application": _NAME,
            "type": token.type,
            "is_valid": token.is_valid,
            "expires_at": token.expires_at,
            "data_access_expires_at": 0,
            "issued_at": 1,
            "scopes": list(token.scopes),
            "granular_scopes": [{"scope": scope, **targets} for scope in scoped],
            "user_id": "1",
            **({} if token.is_valid else {"error": _bad_token()}),
        }

    def _caller(self, version: str, request: Request) -> str:
        if not VERSION.fullmatch(version):
            raise GraphError(UNKNOWN_PATH, "The path needs a version such as v24.0")
        header = request.headers.get("authorization", "")
        given = header.removeprefix("Bearer ") or request.query_params.get("access_token", "")
        for known in (self._access_token, self._app_token):
            if hmac.compare_digest(given.encode(), known.encode()):
                return known
        raise GraphError(INVALID_TOKEN, "Invalid OAuth access token")

    def _refuse_stale(self, caller: str) -> None:
        if caller == self._access_token and not self._board.now.token.is_valid:
            raise GraphError(INVALID_TOKEN, "Error validating access token: it has expired")


def _require(node: str, known: str) -> None:
    if node != known:
        raise GraphError(UNKNOWN_OBJECT, "Object with this ID does not exist")


def _bad_token() -> dict[str, Any]:
    return {"code": INVALID_TOKEN, "message": "Error validating access token", "subcode": 463}
