"""The doctor asks the platform, CRM, ClamAV and services, and tells what each failure means."""

from collections.abc import Sequence

import httpx
import pytest
from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from agentctl.checks.crm import crm
from agentctl.checks.everything import examine
from agentctl.checks.malware import scanner
from agentctl.checks.platform import platform as platform_check
from agentctl.checks.services import services
from agentctl.checks.webhook import door, subscription
from agentctl.findings import Finding
from agentctl.installation import Installation
from devstack.clamd import ClamdStandIn
from loopback import Serve

NOWHERE = "http://127.0.0.1:1"


def problems(findings: Sequence[Finding]) -> list[str]:
    return [one.what for one in findings if one.state in {"failed", "warning"}]


async def tell(site: Installation, **access: object) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.put(f"{site.graph_url}/simulator/access", json=access)
        answer.raise_for_status()


async def test_a_platform_that_knows_us_has_nothing_wrong(platform: Installation) -> None:
    found = [*await platform_check(platform), *await subscription(platform)]

    assert problems(found) == []
    assert {one.check for one in found} == {"graph api", "token", "clock graph api", "subscription"}


async def test_an_expired_token_is_told_of_the_number_and_of_the_subscription(
    platform: Installation,
) -> None:
    await tell(platform, token={"is_valid": False})

    found = problems([*await platform_check(platform), *await subscription(platform)])

    assert "phone number id 106540352242922: the access token is expired or wrong" in found
    assert "it is not valid" in found
    assert "business account 102290129340398: the access token is expired or wrong" in found


async def test_a_token_without_a_right_is_told_of_both(platform: Installation) -> None:
    await tell(platform, token={"scopes": ["whatsapp_business_messaging"]})

    token = problems(await platform_check(platform))
    apps = problems(await subscription(platform))

    assert any("lacks whatsapp_business_management" in what for what in token)
    assert apps == ["business account 102290129340398: the token may not see it"]


async def test_a_wrong_app_secret_is_told(platform: Installation) -> None:
    site = platform.model_copy(update={"app_secret": SecretStr("other")})

    found = problems([*await platform_check(site), *await subscription(site)])

    assert found == ["app id and app secret: the access token is expired or wrong"] * 2


async def test_a_wrong_number_is_told(platform: Installation) -> None:
    site = platform.model_copy(update={"phone_number_ids": ("42",)})

    assert problems(await platform_check(site)) == [
        "phone number id 42: there is no such id, or the token may not see it"
    ]


async def test_an_account_that_nobody_hears_of_is_told(platform: Installation) -> None:
    await tell(platform, subscription={"is_subscribed": False})

    assert problems(await subscription(platform)) == [
        "app 670843887433847 hears nothing of business account 102290129340398"
    ]


async def test_webhooks_that_go_elsewhere_are_told(platform: Installation) -> None:
    await tell(platform, subscription={"callback_url": "https://old.example.com/"})

    [what] = problems(await subscription(platform))

    assert what.startswith("the app's webhooks go to https://old.example.com/")


async def test_a_graph_api_that_nobody_serves_is_told(platform: Installation) -> None:
    site = platform.model_copy(update={"graph_url": NOWHERE})

    assert problems(await platform_check(site)) == ["nobody listens at 127.0.0.1:1"]


async def test_what_was_not_said_is_not_looked_at_and_says_what_to_set() -> None:
    found = await examine(Installation(), {})

    assert {one.state for one in found} == {"skipped"}
    assert any(one.mend == "set AGENT_KAFKA_BOOTSTRAP_SERVERS" for one in found)


async def test_a_front_door_passes_metas_handshake_and_refuses_forgers(serve: Serve) -> None:
    async def ingress(request: Request) -> Response:
        if request.method == "POST":
            return Response(status_code=401)
        asked = request.query_params
        known = asked["hub.verify_token"] == "verify-token"
        return PlainTextResponse(asked["hub.challenge"] if known else "", 200 if known else 403)

    address = await serve(ingress)
    site = Installation(ingress_url=address, verify_token=SecretStr("verify-token"))
    other = Installation(ingress_url=address, verify_token=SecretStr("another"))

    assert problems(await door(site)) == []
    assert problems(await door(other)) == ["ingress refuses the verify token"]


async def test_something_else_in_the_place_of_ingress_is_told(serve: Serve) -> None:
    async def proxy(_: Request) -> Response:
        return PlainTextResponse("welcome")

    site = Installation(ingress_url=await serve(proxy), verify_token=SecretStr("verify-token"))

    assert problems(await door(site)) == [
        "ingress answers the handshake with 200",
        "a forged webhook is answered 200, not 401",
    ]


@pytest.mark.parametrize(
    ("status", "told"), [(405, []), (404, ["knows no such path"]), (503, ["answers 503"])]
)
async def test_a_crm_is_judged_by_whether_it_answers(
    serve: Serve, status: int, told: list[str]
) -> None:
    methods = []

    async def answer(request: Request) -> Response:
        methods.append(request.method)
        return Response(status_code=status)

    address = f"{await serve(answer)}/hooks/a-secret-token"
    found = await crm(Installation(crm_url=SecretStr(address)))

    assert [one for one in told if one in str(problems(found))] == told
    assert methods == ["OPTIONS"]
    assert "a-secret-token" not in str(found)


async def test_an_unreachable_crm_is_told() -> None:
    found = await crm(Installation(crm_url=SecretStr(f"{NOWHERE}/hook")))

    assert problems(found) == ["nobody listens at 127.0.0.1:1"]


async def test_every_crm_is_asked_and_told_by_its_name(serve: Serve) -> None:
    async def answer(_: Request) -> Response:
        return Response(status_code=405)

    where = SecretStr(f"{await serve(answer)}/hook")
    site = Installation(
        crm_url=where,
        crm_names=("erp", "old-erp", "log"),
        crm_urls={"erp": where, "old-erp": SecretStr(f"{NOWHERE}/hook")},
    )

    found = await crm(site)

    assert [(one.check, one.state) for one in found] == [
        ("crm", "ok"),
        ("crm erp", "ok"),
        ("crm old-erp", "failed"),
        ("crm log", "skipped"),
    ]
    assert found[-1].mend == "set AGENT_CRM_URL_LOG"


async def test_a_crm_whose_address_has_no_path_may_know_nothing_there(serve: Serve) -> None:
    async def answer(_: Request) -> Response:
        return Response(status_code=404)

    [found] = await crm(Installation(crm_url=SecretStr(f"{await serve(answer)}/")))

    assert found.state == "ok"
    assert "404" in found.what


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (None, []),
        ("stream: OK", ["knows no malware"]),
        ("stream: Anything FOUND", ["takes anything for malware"]),
        ("stream: Can't open file or directory ERROR", ["clamd answered"]),
    ],
)
async def test_clamav_is_judged_by_what_it_finds(answer: str | None, told: list[str]) -> None:
    async with ClamdStandIn(answer=answer).listening() as port:
        found = await scanner(Installation(clamd_address=f"127.0.0.1:{port}"))

    assert [one for one in told if one in str(problems(found))] == told
    assert bool(problems(found)) == bool(told)


async def test_an_unreachable_clamav_is_told() -> None:
    found = await scanner(Installation(clamd_address="127.0.0.1:1"))

    assert problems(found) == ["127.0.0.1:1: clamd cannot be reached: nobody listens there"]


async def test_services_tell_why_they_are_not_ready(serve: Serve) -> None:
    async def well(_: Request) -> Response:
        return JSONResponse({"status": "ready"})

    async def noted(_: Request) -> Response:
        return JSONResponse({"status": "ready", "note": "the circuit is open"})

    async def stuck(_: Request) -> Response:
        return JSONResponse({"status": "not ready", "reason": "waiting for Kafka"}, 503)

    addresses = {"a": await serve(well), "b": await serve(noted), "c": await serve(stuck)}
    found = await services(Installation(services={**addresses, "d": NOWHERE}))

    assert [one.state for one in found] == ["ok", "warning", "failed", "failed"]
    assert problems(found) == [
        "the circuit is open",
        "waiting for Kafka",
        "nobody listens at 127.0.0.1:1",
    ]


async def test_a_check_that_breaks_hides_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(_: Installation) -> Sequence[Finding]:
        raise KeyError("a person's number")

    monkeypatch.setattr("agentctl.checks.everything.CHECKS", {"s3": broken, "crm": crm})

    found = await examine(Installation(), {}, ["s3", "crm"])

    assert [one.what for one in found] == [
        "the check itself broke: KeyError",
        "nobody said where it is",
    ]
