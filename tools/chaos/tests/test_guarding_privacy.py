"""What the system says of itself is searched for the people of the run, whatever form they take."""

import json
from typing import Any

import httpx
import pytest

from chaos.overhearing import Overhearing
from chaos.privacy import Known, known, private
from devstack.endpoints import Endpoints, S3Endpoint, Service, WhatsApp

ANA = "15551234567"
WAMID = "wamid.HBgLMTU1NTEyMzQ1NjcVAgASGA=="


def taken(**message: Any) -> dict[str, Any]:
    return {"what": "taken", "lane": ANA, "wamid": WAMID, "message": message}


@pytest.fixture
def people() -> Known:
    """Ana, who wrote, and what the business answered."""
    answer = {"interactive": {"body": {"text": "Is this right?\nName: Ana Lima"}}}
    lines = [
        taken(type="text", text={"body": "A pipe broke, é!"}),
        taken(type="text", text={"body": "claim"}),
        taken(type="image", image={"caption": "under the sink", "id": "901", "sha256": "aa bb cc"}),
        {"what": "accepted", "lane": "US.abc", "message": {"type": "interactive", **answer}},
        {"what": "crm", "body": "e0"},
    ]
    return known(lines, [{"wa_id": ANA, "name": "Chidi Okafor", "messages": 1}])


def test_numbers_names_and_words_of_both_sides_are_gathered(people: Known) -> None:
    assert people.numbers == {ANA}
    assert people.words == {
        *("A pipe broke, é!", "under the sink", "Is this right?", "Name: Ana Lima"),
        "Chidi Okafor",
    }


@pytest.mark.parametrize(
    "said",
    [
        f"to {ANA}",
        f"wa_id={ANA}",
        f'{{"who": "+{ANA}"}}',
        f"sent {WAMID}",
        "for US.9d8c7b6a",
        "he wrote: a PIPE broke, é!",
        json.dumps({"event": "A pipe broke, é!"}),
        'label{name="Chidi Okafor"} 1',
        "under the sink",
    ],
)
def test_whatever_of_a_person_stands_in_a_log_is_found(people: Known, said: str) -> None:
    verdict = private([("sender.log", f"started\n{said}\nstopped")], people)

    assert [one.partition(":")[0] for one in verdict.broken] == ["sender.log, line 2"]
    assert ANA not in str(verdict.broken)


@pytest.mark.parametrize(
    "said",
    [
        f"trace a{ANA}b",
        f"at 17{ANA}000",
        "15550783881, a number of nobody who was there",
        "a claim was opened",
        "wamid",
        "LC_ALL=en_US.UTF-8",
        "file 901",
    ],
)
def test_what_only_looks_like_a_person_is_left_alone(people: Known, said: str) -> None:
    verdict = private([("sender.log", said)], people)

    assert verdict.broken == []
    assert verdict.holds


def test_a_search_in_nothing_or_for_nobody_is_no_proof(people: Known) -> None:
    assert private([("sender.log", "")], people).unavailable
    assert private([("sender.log", "started")], Known(frozenset(), frozenset())).unavailable


async def test_metrics_of_instances_that_die_later_are_kept_without_their_values() -> None:
    said = iter(['# HELP a A\na{b="c"} 1.0\n', "ready", 'a{b="c"} 2.0\n', "ready"])
    overhearing = Overhearing(lambda: endpoints("http://one"))

    async with httpx.AsyncClient(
        transport=httpx.MockTransport(lambda _: httpx.Response(200, text=next(said)))
    ) as http:
        await overhearing.look(http)
        await overhearing.look(http)

    assert overhearing.metrics == '# HELP a A\na{b="c"}'
    assert overhearing.readiness == "ready"


async def test_an_instance_that_is_down_says_nothing() -> None:
    def refuse(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("down")

    overhearing = Overhearing(lambda: endpoints("http://one"))
    async with httpx.AsyncClient(transport=httpx.MockTransport(refuse)) as http:
        await overhearing.look(http)

    assert overhearing.metrics == ""


def endpoints(url: str) -> Endpoints:
    s3 = S3Endpoint(endpoint_url="", bucket="", access_key_id="", secret_access_key="")
    whatsapp = WhatsApp(
        app_secret="",
        verify_token="",
        access_token="",
        phone_number_id="",
        graph_url="",
        business_account_id="",
        app_id="",
    )
    return Endpoints(
        ingress=url,
        simulator=url,
        kafka="",
        postgres="",
        s3=s3,
        whatsapp=whatsapp,
        services={"sender": Service(pid=1, url=url)},
    )
