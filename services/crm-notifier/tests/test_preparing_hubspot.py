"""The how-to makes just the properties that the adapter writes, and shows a map that works."""

import json
import re
from pathlib import Path

from crm_notifier.adapters import hubspot_records as records
from crm_notifier.adapters.hubspot_map import impossible
from crm_notifier.adapters.hubspot_objects import KEYS
from crm_notifier.mapping import parse
from crm_notifier.use_cases.flow_names import read_names, unknown_names

ROOT = Path(__file__).parents[3]
HOW_TO = ROOT / "docs/how-to/connect-hubspot.md"
CLAIM = ROOT / "flows/claim.yaml"
OURS = {
    "contacts": {
        KEYS["contacts"],
        records.WA_ID,
        records.USER_ID,
        records.PROFILE_NAME,
        records.OPTED_OUT,
        records.ERASURE,
    },
    "tickets": {KEYS["tickets"]},
    "communications": {KEYS["communications"]},
    "notes": {KEYS["notes"]},
}


def properties(kind: str) -> list[dict[str, object]]:
    """Return the body that the how-to gives for a kind of object."""
    pattern = rf"`{kind}\.json`[^\n]*:\n\n```json\n(.*?)```"
    found = re.search(pattern, HOW_TO.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None, kind
    inputs: list[dict[str, object]] = json.loads(found[1])["inputs"]
    return inputs


def test_every_property_that_is_written_is_made_before() -> None:
    made = {kind: {one["name"] for one in properties(kind)} for kind in OURS}

    assert made == OURS


def test_the_key_of_each_kind_is_unique_and_nothing_else_is() -> None:
    unique = {
        kind: [one["name"] for one in properties(kind) if one.get("hasUniqueValue")]
        for kind in OURS
    }

    assert unique == {kind: [key] for kind, key in KEYS.items()}


def test_each_property_says_what_hubspot_asks_of_one() -> None:
    for kind in OURS:
        for one in properties(kind):
            assert one.keys() >= {"name", "label", "groupName", "type", "fieldType"}, one


def test_the_map_that_it_shows_is_one_that_hubspot_can_hold() -> None:
    found = re.search(r"```yaml\n(flows:.*?)```", HOW_TO.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    crm_map = parse(found[1])

    assert impossible(crm_map) == []
    assert [*unknown_names(crm_map, read_names([CLAIM.read_text(encoding="utf-8")]))] == []
