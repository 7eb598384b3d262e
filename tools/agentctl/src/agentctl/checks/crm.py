"""Does the CRM's address answer. It is told nothing."""

from collections.abc import Sequence
from http import HTTPStatus

from agentctl.adapters.http import HttpTrouble, host_of, http
from agentctl.findings import Finding, failed, ok, skipped, warning
from agentctl.installation import Installation

CHECK = "crm"


async def crm(site: Installation) -> Sequence[Finding]:
    """Ask the address what it takes (OPTIONS); any answer but a server's failure will do."""
    if site.crm_url is None:
        return [skipped(CHECK, "nobody said where it is", "set AGENT_CRM_URL")]
    address = site.crm_url.get_secret_value()
    async with http(seconds=site.timeout_seconds) as client:
        try:
            answer = await client.ask("OPTIONS", address)
        except HttpTrouble as trouble:
            return [failed(CHECK, str(trouble), trouble.mend)]
    host = host_of(address)
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return [failed(CHECK, f"{host} answers {answer.status}", "look at the CRM's log")]
    if answer.status == HTTPStatus.NOT_FOUND:
        mend = "correct the path of the address"
        return [warning(CHECK, f"{host} knows no such path (404)", mend)]
    return [ok(CHECK, f"{host} answers")]
