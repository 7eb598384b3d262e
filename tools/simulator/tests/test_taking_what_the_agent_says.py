"""The bodies that the sender is tested for are bodies that the platform takes."""

import json
from pathlib import Path

import pytest

from simulator.outbound import check_message, check_receipt

BODIES = sorted((Path(__file__).parents[3] / "services/sender/tests/bodies").glob("*.json"))


@pytest.mark.parametrize("file", BODIES, ids=lambda file: file.stem)
def test_whatever_the_agent_can_say_is_taken(file: Path) -> None:
    body = json.loads(file.read_text())["body"]

    if "status" in body:
        assert check_receipt(body) == "wamid.7"
    else:
        check_message(body, lambda _: body["type"] if body["type"] in MEDIA else HEADER[file.stem])


MEDIA = {"image", "video", "document", "audio", "sticker"}
HEADER = {"link-behind-a-button": "image", "template-with-every-parameter": "document"}


def test_there_is_something_to_say() -> None:
    assert BODIES
