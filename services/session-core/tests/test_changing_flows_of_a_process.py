"""Flow files beside a real process: changed, spoiled, mended; refused at the start."""

from pathlib import Path

import pytest

from installation.processes import Starter
from installation.site import Eventually, Site

pytestmark = pytest.mark.connected


async def test_a_running_process_takes_good_flows_over_and_tells_of_bad_ones(
    site: Site, start: Starter, eventually: Eventually
) -> None:
    file = Path(site.settings.flows_dir) / "pet.yaml"
    good = file.read_text()
    instance = await start()
    await instance.until_ready()

    file.write_text(good.replace("id: end, complete", "id: end, finish"))

    async def told() -> bool:
        return "the flows on disk are not in use" in await instance.notes()

    await eventually(told)
    assert await instance.is_ready()
    assert await instance.figure("session_core_refused_flows") == 1

    file.write_text(good.replace("Thanks", "Thank you"))

    async def taken_over() -> bool:
        return await instance.figure("session_core_flow_reloads_total") == 1

    await eventually(taken_over)
    assert await instance.notes() == ""
    assert await instance.figure("session_core_refused_flows") == 0


async def test_a_process_does_not_start_with_bad_flows_and_says_what_to_do(
    site: Site, start: Starter
) -> None:
    file = Path(site.settings.flows_dir) / "pet.yaml"
    file.write_text(file.read_text().replace("otherwise: lost", "otherwise: nowhere"))
    instance = await start()

    assert await instance.ended() == 1
    assert "a flow is wrong: pet.yaml" in instance.said()
    assert "nowhere" in instance.said()


async def test_a_process_does_not_start_with_a_migration_that_would_lose_sessions(
    site: Site, start: Starter
) -> None:
    first = await start()
    await first.until_ready()
    async with site.connections.borrow() as connection:
        version = await connection.fetchval("SELECT version FROM flow")
    first.end()
    await first.ended()
    file = Path(site.settings.flows_dir) / "pet.yaml"
    moved = file.read_text().replace("id: kind", "id: species").replace("next: kind", "next: end")
    file.write_text(f'{moved}migrations:\n  - {{from: "{version}"}}\n')
    second = await start()

    assert await second.ended() == 1
    assert "step kind is no more" in second.said()
