"""Control calls about the business number: failures to come, throughput, templates, news."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Body, HTTPException
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from simulator.access import Access, AccessBoard
from simulator.acting import Acting
from simulator.failures import Failure, Failures
from simulator.faults import sentence
from simulator.number import Number
from simulator.templates import Template, Templates

STRICT = ConfigDict(extra="forbid")


class Upgrade(BaseModel):
    """To so many messages a second, after so many seconds of maintenance."""

    model_config = STRICT
    per_second: float = Field(default=1_000, gt=0)
    takes_s: float = Field(default=60, ge=0, le=3600)


class News(BaseModel):
    """Any update of any field that Meta has, or will have."""

    model_config = STRICT
    field: str = Field(min_length=1, max_length=100)
    value: dict[str, Any]
    metadata: bool = False
    """Whether the value begins with the business number."""


class NumberApi:
    """Routes under `/simulator`."""

    def __init__(
        self,
        *,
        failures: Failures,
        number: Number,
        templates: Templates,
        acting: Acting,
        access: AccessBoard,
    ) -> None:
        self._failures = failures
        self._number = number
        self._templates = templates
        self._acting = acting
        self._access = access

    def router(self) -> APIRouter:
        """Return the routes."""
        router = APIRouter(prefix="/simulator")
        router.add_api_route("/failures", self._show_failures, methods=["GET"])
        router.add_api_route("/failures", self._add_failure, methods=["POST"])
        router.add_api_route("/failures", self._clear_failures, methods=["DELETE"])
        router.add_api_route("/number", self._show_number, methods=["GET"])
        router.add_api_route("/number/upgrade", self._upgrade, methods=["POST"])
        router.add_api_route(
            "/templates",
            self._show_templates,
            methods=["GET"],
            response_model_exclude_none=True,
        )
        router.add_api_route("/templates/{name}", self._describe_template, methods=["PUT"])
        router.add_api_route("/access", self._show_access, methods=["GET"])
        router.add_api_route("/access", self._set_access, methods=["PUT"])
        router.add_api_route("/updates", self._tell, methods=["POST"])
        return router

    async def _show_failures(self) -> list[Failure]:
        return self._failures.waiting()

    async def _add_failure(self, failure: Annotated[Any, Body()]) -> list[Failure]:
        try:
            self._failures.add(Failure.model_validate(failure))
        except ValidationError as error:
            raise HTTPException(422, sentence(error)) from None
        return self._failures.waiting()

    async def _clear_failures(self) -> list[Failure]:
        self._failures.clear()
        return []

    async def _show_number(self) -> dict[str, Any]:
        rates = self._number.limits.rates
        return {
            "per_second": rates.per_second,
            "pair_seconds": rates.pair_seconds,
            "pair_burst": rates.pair_burst,
            "in_maintenance": self._number.in_maintenance,
        }

    async def _upgrade(self, upgrade: Upgrade) -> dict[str, Any]:
        try:
            self._number.upgrade(per_second=upgrade.per_second, takes_s=upgrade.takes_s)
        except ValueError as error:
            raise HTTPException(409, f"{error}.".capitalize()) from None
        return await self._show_number()

    async def _show_templates(self) -> Mapping[str, Template]:
        return self._templates.everything()

    async def _describe_template(self, name: str, template: Template) -> Template:
        self._templates.describe(name, template)
        return template

    async def _show_access(self) -> Access:
        return self._access.now

    async def _set_access(self, access: Access) -> Access:
        self._access.now = access
        return access

    async def _tell(self, news: News) -> dict[str, str]:
        self._acting.tell(news.field, news.value, metadata=news.metadata)
        return {"field": news.field}
