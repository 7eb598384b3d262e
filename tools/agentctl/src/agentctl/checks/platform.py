"""Does WhatsApp's platform know us: the number, the token and what it is good for."""

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from agentctl.adapters.graph import Graph, GraphRefused
from agentctl.adapters.http import HttpTrouble, http
from agentctl.checks.clock import judged
from agentctl.findings import Finding, failed, ok, skipped, warning
from agentctl.installation import Installation

CHECK, TOKEN, CLOCK = "graph api", "token", "clock graph api"
MESSAGING, MANAGEMENT = "whatsapp_business_messaging", "whatsapp_business_management"
_NEEDED_FOR = {
    MESSAGING: "to send messages and to fetch media",
    MANAGEMENT: "to hear of templates, quality and the account, and to see subscriptions",
}
_SOON_DAYS = 7
_DAY = 24 * 3600
_RENEW = (
    "make a token for a system user in Meta's business settings (it never expires), and give it to"
    " sender and file-manager"
)
_REFUSALS = {
    190: ("the access token is expired or wrong", _RENEW),
    10: ("the token may not see it", f"grant the system user {MANAGEMENT}"),
    200: ("the token may not see it", f"grant the system user {MESSAGING} and the account"),
    33: ("there is no such id, or the token may not see it", "correct it, or assign the asset"),
    100: ("there is no such id, or the token may not see it", "correct it, or assign the asset"),
    2500: ("there is no such version", "set GRAPH_VERSION to one that Meta still serves"),
    4: ("Meta throttles the app", "try again in an hour"),
}


async def platform(site: Installation) -> Sequence[Finding]:
    """Check number and token, and the platform's clock."""
    if site.graph_url is None or site.access_token is None:
        why = "nobody said where, and with which token"
        return [skipped(CHECK, why, "set AGENT_GRAPH_URL and AGENT_ACCESS_TOKEN")]
    async with http(seconds=site.timeout_seconds) as client:
        graph = Graph(client, site.graph_url, site.graph_version)
        try:
            token = site.access_token.get_secret_value()
            numbers = [await _number(graph, token, number) for number in site.phone_number_ids]
            good_for = await _token(graph, token, site)
        except HttpTrouble as trouble:
            return [failed(CHECK, str(trouble), trouble.mend)]
        clock = graph.last.clock() if graph.last else None
    told = [judged(CLOCK, "the Graph API", clock)] if clock else []
    return [*numbers, *good_for, *told]


def refusal(check: str, what: str, refused: GraphRefused) -> Finding:
    """Say what a refusal by Meta means."""
    words, mend = _REFUSALS.get(
        refused.code or -1, (f"refused with {refused}", "look the code up in Meta's error codes")
    )
    return failed(check, f"{what}: {words}", mend)


def judge_token(
    told: Mapping[str, Any], *, account: str | None, app: str | None, now: float
) -> Iterator[Finding]:
    """Judge what `debug_token` tells of the token."""
    if not told.get("is_valid"):
        yield failed(TOKEN, "it is not valid", _RENEW)
        return
    scopes = set(told.get("scopes") or ())
    lacking = [scope for scope in _NEEDED_FOR if scope not in scopes]
    for scope in lacking:
        yield failed(
            TOKEN,
            f"it lacks {scope}, needed {_NEEDED_FOR[scope]}",
            f"make it anew with {scope} ticked",
        )
    yield from _for_account(told, account)
    if app is not None and str(told.get("app_id")) != app:
        yield failed(
            TOKEN,
            f"it belongs to app {told.get('app_id')}, not {app}",
            "use a token of the app whose secret signs the webhooks",
        )
    yield from _lifetime(told, now)
    if not lacking:
        yield ok(TOKEN, f"{told.get('type', 'token')} with {', '.join(sorted(scopes))}")


def _for_account(told: Mapping[str, Any], account: str | None) -> Iterator[Finding]:
    for scoped in told.get("granular_scopes") or ():
        targets = scoped.get("target_ids")
        if scoped.get("scope") in _NEEDED_FOR and account and targets and account not in targets:
            yield failed(
                TOKEN,
                f"{scoped['scope']} is not granted for business account {account}",
                "assign the account to the system user, and make the token anew",
            )


def _lifetime(told: Mapping[str, Any], now: float) -> Iterator[Finding]:
    left = (int(told.get("expires_at") or 0) - now) / _DAY
    if told.get("expires_at") and left < _SOON_DAYS:
        yield warning(TOKEN, f"it expires in {max(left, 0):.1f} days", _RENEW)
    elif told.get("type") == "USER":
        yield warning(TOKEN, "it is a person's token: such live for hours or days", _RENEW)


async def _number(graph: Graph, token: str, number: str) -> Finding:
    fields = {"fields": "id,display_phone_number,verified_name,quality_rating"}
    try:
        told = await graph.get(number, token, fields)
    except GraphRefused as refused:
        return refusal(CHECK, f"phone number id {number}", refused)
    quality = told.get("quality_rating")
    if quality == "RED":
        return warning(
            CHECK,
            f"number {number} has quality RED: Meta may lower its limit",
            "see what people block and report in WhatsApp Manager",
        )
    return ok(CHECK, f"number {number}, quality {quality or 'unknown'}")


async def _token(graph: Graph, token: str, site: Installation) -> Sequence[Finding]:
    caller = token
    if site.app_id and site.app_secret:
        caller = f"{site.app_id}|{site.app_secret.get_secret_value()}"
    try:
        told = await graph.get("debug_token", caller, {"input_token": token})
    except GraphRefused as refused:
        if caller != token:
            return [refusal(TOKEN, "app id and app secret", refused)]
        return [refusal(TOKEN, "debug_token", refused)]
    data = told.get("data")
    if not isinstance(data, dict):
        return [failed(TOKEN, "the answer of debug_token cannot be read", "look at GRAPH_URL")]
    found = judge_token(data, account=site.business_account_id, app=site.app_id, now=time.time())
    return list(found)
