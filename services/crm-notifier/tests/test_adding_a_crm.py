"""The adapter that docs/how-to/add-a-crm.md leads to keeps the promises, as it stands there."""

import re
import sys
from pathlib import Path
from types import ModuleType

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "add-a-crm.md"
ADAPTER, LISTED, SUITE = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)


def module(name: str, source: str) -> ModuleType:
    made = ModuleType(name)
    sys.modules[name] = made
    exec(compile(source, f"{PAGE.name}:{name}", "exec"), made.__dict__)  # noqa: S102 our own page
    return made


ADDED = module("crm_notifier.adapters.acme", ADAPTER)
TestAcmeCrm = module("test_telling_acme", SUITE).TestAcmeCrm


def test_the_adapter_is_listed_by_its_own_word() -> None:
    assert f'"{ADDED.AcmeCrm.name}": lambda' in LISTED
