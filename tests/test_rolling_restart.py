"""Every instance of every service is restarted in its turn while people talk."""

from pathlib import Path

import pytest
from rich.console import Console

from chaos.rolling import roll
from devstack.leash import leash
from devstack.services import SERVICES
from devstack.site import find_root

GRACE_S = 15.0
"""After which the devstack would kill; half of what Kubernetes gives by default."""


@pytest.mark.system
@pytest.mark.timeout(1800)
async def test_a_rolling_restart_of_every_service_loses_and_doubles_nothing(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    root = find_root(request.config.rootpath)
    console = Console()
    with leash(root, tmp_path):
        rolled = await roll(root, tmp_path, 707, lambda line: console.print(line, markup=False))
    rolled.show(console)
    rolled.write(root / ".run" / "rolling.json")

    assert [verdict for verdict in rolled.verdicts if not verdict.holds] == []
    assert {one.instance for one in rolled.restarted} == {
        name for service in SERVICES for name in (service, f"{service}-2")
    }
    assert [one for one in rolled.restarted if not one.clean or one.drained > GRACE_S] == []
    checked = {verdict.name: verdict for verdict in rolled.verdicts}
    assert checked["I1 messages"].checked["answered"] > 50
    assert not any("sent again" in what for what in checked["I4"].apart)
