"""Does the address of each CRM answer. They are told nothing."""

import asyncio
from collections.abc import Sequence
from http import HTTPStatus
from urllib.parse import urlsplit

from pydantic import SecretStr

from agentctl.adapters.http import Http, HttpTrouble, host_of, http
from agentctl.crms import FIRST, variable_of
from agentctl.findings import Finding, failed, ok, skipped, warning
from agentctl.installation import Installation

CHECK = "crm"


async def crm(site: Installation) -> Sequence[Finding]:
    """Ask each address what it takes (OPTIONS); any answer but a server's failure will do."""
    places = [(FIRST, site.crm_url), *((name, site.crm_urls.get(name)) for name in site.crm_names)]
    async with http(seconds=site.timeout_seconds) as client:
        return await asyncio.gather(*(_one(client, name, url) for name, url in places))


async def _one(client: Http, name: str, url: SecretStr | None) -> Finding:
    check = f"{CHECK} {name}".rstrip()
    if url is None:
        return skipped(check, "nobody said where it is", f"set {variable_of(name)}")
    address = url.get_secret_value()
    try:
        answer = await client.ask("OPTIONS", address)
    except HttpTrouble as trouble:
        return failed(check, str(trouble), trouble.mend)
    host = host_of(address)
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return failed(check, f"{host} answers {answer.status}", "look at the CRM's log")
    if answer.status == HTTPStatus.NOT_FOUND:
        if not urlsplit(address).path.strip("/"):
            return ok(check, f"{host} answers, though with 404 where the address has no path")
        mend = "correct the path of the address"
        return warning(check, f"{host} knows no such path (404)", mend)
    return ok(check, f"{host} answers")
