"""What a service says of itself on /readyz, as an orchestrator asks."""

import asyncio
from collections.abc import Mapping

import httpx

from devstack.stack import Stack
from watching import until

SILENT = "no answer"
"""What is noted of a service that does not answer in time, or listens no more."""
PROBE_S = 2.0


async def reasons(stack: Stack) -> dict[str, str | None]:
    """Ask every instance: None for one that is ready, else the reason that it gives."""
    addresses = {name: one.url for name, one in stack.endpoints().services.items()}
    async with httpx.AsyncClient(timeout=PROBE_S, trust_env=False) as http:
        told = await asyncio.gather(*(_reason(http, url) for url in addresses.values()))
    return dict(zip(addresses, told, strict=True))


async def until_told(
    stack: Stack, wanted: Mapping[str, str | None], *, within_s: float = 90
) -> dict[str, str | None]:
    """Wait until each named instance gives a reason with these words; None means ready."""
    last: dict[str, str | None] = {}

    async def all_told() -> bool:
        last.update(await reasons(stack))
        return all(_fits(last.get(name, SILENT), words) for name, words in wanted.items())

    try:
        await until(all_told, f"{dict(wanted)}", within_s=within_s)
    except AssertionError as failure:
        raise AssertionError(f"{failure}; told at last: {last}") from None
    return last


def _fits(reason: str | None, words: str | None) -> bool:
    return reason is None if words is None else words in (reason or "")


async def _reason(http: httpx.AsyncClient, url: str) -> str | None:
    try:
        answer = await http.get(f"{url}/readyz")
    except httpx.HTTPError:
        return SILENT
    return None if answer.is_success else str(answer.json()["reason"])
