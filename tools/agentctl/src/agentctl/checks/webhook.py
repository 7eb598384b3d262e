"""Does what people write reach us: Meta's subscription, and our own front door."""

import hashlib
import hmac
import secrets
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from pydantic import SecretStr

from agentctl.adapters.graph import Graph, GraphRefused
from agentctl.adapters.http import Http, HttpTrouble, http
from agentctl.checks.platform import refusal
from agentctl.findings import Finding, failed, ok, skipped, warning
from agentctl.installation import Installation

SUBSCRIPTION, DOOR = "subscription", "webhook"
NEEDED_FIELDS = ("messages",)
USEFUL_FIELDS = (
    *("account_update", "message_template_status_update"),
    *("phone_number_quality_update", "user_preferences"),
)
_NOTHING = b"{}"


async def subscription(site: Installation) -> Sequence[Finding]:
    """Check that the account's news go to our app, and the app's to us."""
    if site.graph_url is None or site.access_token is None or site.business_account_id is None:
        why = "nobody said which business account"
        return [skipped(SUBSCRIPTION, why, "set AGENT_BUSINESS_ACCOUNT_ID")]
    async with http(seconds=site.timeout_seconds) as client:
        graph = Graph(client, site.graph_url, site.graph_version)
        try:
            return [*await _apps(graph, site, site.access_token), *await _fields(graph, site)]
        except HttpTrouble as trouble:
            return [failed(SUBSCRIPTION, str(trouble), trouble.mend)]


async def door(site: Installation) -> Sequence[Finding]:
    """Check that ingress answers as Meta needs it to, by Meta's own handshake."""
    if site.ingress_url is None:
        return [skipped(DOOR, "nobody said where ingress is", "set AGENT_INGRESS_URL")]
    address = f"{site.ingress_url.rstrip('/')}/webhook"
    async with http(seconds=site.timeout_seconds) as client:
        try:
            return [
                one
                for found in (
                    await _handshake(client, address, site.verify_token),
                    await _refuses_strangers(client, address),
                )
                for one in found
            ]
        except HttpTrouble as trouble:
            return [failed(DOOR, str(trouble), trouble.mend)]


def judge_apps(
    apps: Sequence[Mapping[str, Any]], *, app: str | None, webhook: str | None, account: str
) -> Iterator[Finding]:
    """Judge which apps hear of the account, and where its webhooks go."""
    by_id = {str(one.get("whatsapp_business_api_data", {}).get("id")): one for one in apps}
    if not by_id or (app is not None and app not in by_id):
        who = f"app {app}" if app else "no app"
        told = f"{who} hears nothing of business account {account}"
        told = told if app else f"no app hears of business account {account}"
        yield failed(
            SUBSCRIPTION, told, f"POST /{account}/subscribed_apps with the app's token subscribes"
        )
        return
    ours = by_id[app] if app else next(iter(by_id.values()))
    override = ours.get("override_callback_uri")
    if override and webhook and override != webhook:
        yield failed(
            SUBSCRIPTION,
            f"the account's webhooks go to {override}",
            f"POST /{account}/subscribed_apps without override_callback_uri sends them to us again",
        )
    else:
        yield ok(SUBSCRIPTION, f"the app hears of business account {account}")


def judge_fields(
    subscriptions: Sequence[Mapping[str, Any]], *, webhook: str | None
) -> Iterator[Finding]:
    """Judge what of it the app hears, and where."""
    ours = [one for one in subscriptions if one.get("object") == "whatsapp_business_account"]
    if not ours or not ours[0].get("active", True):
        yield failed(
            SUBSCRIPTION,
            "the app has no active webhook for whatsapp_business_account",
            "set callback URL and verify token under WhatsApp > Configuration",
        )
        return
    told = {str(field.get("name")) for field in ours[0].get("fields") or ()}
    address = ours[0].get("callback_url")
    if webhook and address != webhook:
        yield failed(
            SUBSCRIPTION,
            f"the app's webhooks go to {address}, not to {webhook}",
            "correct the callback URL under WhatsApp > Configuration",
        )
    if lacking := [name for name in NEEDED_FIELDS if name not in told]:
        yield failed(
            SUBSCRIPTION,
            f"the app does not hear of {', '.join(lacking)}",
            "subscribe the field under WhatsApp > Configuration",
        )
    elif less := [name for name in USEFUL_FIELDS if name not in told]:
        yield warning(
            SUBSCRIPTION,
            f"the app does not hear of {', '.join(less)}",
            "subscribe them under WhatsApp > Configuration",
        )


async def _apps(graph: Graph, site: Installation, token: SecretStr) -> Sequence[Finding]:
    account = site.business_account_id or ""
    try:
        told = await graph.get(f"{account}/subscribed_apps", token.get_secret_value())
    except GraphRefused as refused:
        return [refusal(SUBSCRIPTION, f"business account {account}", refused)]
    apps = told.get("data") or []
    return list(judge_apps(apps, app=site.app_id, webhook=site.webhook_url, account=account))


async def _fields(graph: Graph, site: Installation) -> Sequence[Finding]:
    if not (site.app_id and site.app_secret):
        return [
            skipped(
                SUBSCRIPTION,
                "the app's fields were not looked at",
                "set AGENT_APP_ID and AGENT_APP_SECRET",
            )
        ]
    app = f"{site.app_id}|{site.app_secret.get_secret_value()}"
    try:
        told = await graph.get(f"{site.app_id}/subscriptions", app)
    except GraphRefused as refused:
        return [refusal(SUBSCRIPTION, "app id and app secret", refused)]
    return list(judge_fields(told.get("data") or [], webhook=site.webhook_url))


async def _handshake(
    client: Http, address: str, verify_token: SecretStr | None
) -> Sequence[Finding]:
    challenge = secrets.token_hex(8)
    token = verify_token.get_secret_value() if verify_token else ""
    asked = {
        "hub.mode": "subscribe",
        "hub.challenge": challenge,
        "hub.verify_token": token,
    }
    answer = await client.ask("GET", address, params=asked)
    if verify_token is None:
        told = f"ingress answers {answer.status}"
        return [skipped(DOOR, f"{told}; the handshake was not tried", "set AGENT_VERIFY_TOKEN")]
    if answer.status == HTTPStatus.OK and answer.body == challenge.encode():
        return [ok(DOOR, "ingress passes the handshake")]
    if answer.status == HTTPStatus.FORBIDDEN:
        mend = "give ingress and agentctl the same verify token"
        return [failed(DOOR, "ingress refuses the verify token", mend)]
    told = f"ingress answers the handshake with {answer.status}"
    return [failed(DOOR, told, "check that the address leads to ingress and not to something else")]


async def _refuses_strangers(client: Http, address: str) -> Sequence[Finding]:
    forged = hmac.new(secrets.token_bytes(32), _NOTHING, hashlib.sha256).hexdigest()
    headers = {"content-type": "application/json", "x-hub-signature-256": f"sha256={forged}"}
    answer = await client.ask("POST", address, headers=headers, content=_NOTHING)
    if answer.status == HTTPStatus.UNAUTHORIZED:
        return []
    return [
        failed(
            DOOR,
            f"a forged webhook is answered {answer.status}, not 401",
            "check that the address leads to ingress itself",
        )
    ]
