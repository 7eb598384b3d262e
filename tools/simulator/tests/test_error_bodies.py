"""Errors look as Meta's do, in answers and in webhooks."""

import pytest

from simulator.graph_errors import TITLES, GraphError, webhook_error


@pytest.mark.parametrize("code", sorted(TITLES))
def test_every_code_of_meta_has_its_body_and_http_status(code: int) -> None:
    error = GraphError(code, "what happened")

    body = error.body()["error"]
    assert 400 <= error.status < 600
    assert body.pop("fbtrace_id").startswith("A")
    assert body == {
        "message": f"(#{code}) {TITLES[code][1]}",
        "type": "OAuthException",
        "code": code,
        "error_data": {"messaging_product": "whatsapp", "details": "what happened"},
    }


def test_the_http_statuses_are_those_of_metas_table() -> None:
    unusual = {code: status for code, (status, _) in TITLES.items() if status != 400}

    assert unusual == {
        0: 401,
        2: 503,
        3: 500,
        10: 403,
        190: 401,
        200: 403,
        368: 403,
        130497: 403,
        131000: 500,
        131005: 403,
        131016: 500,
        131031: 403,
        131045: 500,
        131057: 500,
        132001: 404,
        133004: 503,
        134101: 500,
        134102: 500,
    }


def test_an_error_in_a_webhook_carries_code_title_and_details() -> None:
    error = webhook_error(131052, "too big")

    assert (error["code"], error["title"]) == (131052, "Media download error")
    assert error["error_data"] == {"details": "too big"}
