"""What is known about a stack outlives the command that learned it."""

import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from devstack import state as memory
from devstack.credentials import Credentials, credentials
from devstack.failure import StackError
from devstack.processes import Identity
from devstack.site import Site, find_root
from devstack.state import Running, State


def test_what_was_saved_is_loaded_again(tmp_path: Path) -> None:
    who = Running(identity=Identity(pid=4711, birth="boot/12"), started_at=1.5)
    state = State(ports={"kafka": 20_001}, processes={"kafka": who})
    memory.save(tmp_path / "state.json", state)

    assert memory.load(tmp_path / "state.json") == state


def test_a_stack_that_never_ran_knows_nothing(tmp_path: Path) -> None:
    assert memory.load(tmp_path / "state.json") == State()


def test_saving_leaves_no_drafts_behind(tmp_path: Path) -> None:
    memory.save(tmp_path / "state.json", State())
    memory.save(tmp_path / "state.json", State(ports={"s3": 20_002}))

    assert [path.name for path in tmp_path.iterdir()] == ["state.json"]


def test_secrets_are_made_up_once_and_kept_private(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    first, second = credentials(path), credentials(path)

    assert first == second
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_all_who_make_up_secrets_at_the_same_instant_get_the_same(tmp_path: Path) -> None:
    starters = 16
    gate = threading.Barrier(starters)

    def start(path: Path) -> Credentials:
        gate.wait()
        return credentials(path)

    with ThreadPoolExecutor(starters) as pool:
        for attempt in range(20):
            path = tmp_path / f"{attempt}.json"
            given = list(pool.map(start, [path] * starters))

            assert given == [given[0]] * starters


def test_two_checkouts_share_no_secret(tmp_path: Path) -> None:
    one = credentials(tmp_path / "one.json").model_dump()
    other = credentials(tmp_path / "other.json").model_dump()

    assert not set(one.values()) & set(other.values())


def test_folders_left_open_by_an_earlier_version_are_closed(tmp_path: Path) -> None:
    site = Site(tmp_path, tmp_path / ".run")
    logs = site.log("any").parent
    logs.mkdir(mode=0o755, parents=True)
    site.make()

    assert stat.S_IMODE(logs.stat().st_mode) == 0o700
    assert stat.S_IMODE(site.run.stat().st_mode) == 0o711


def test_the_checkout_is_found_from_any_folder_inside_it(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.uv.workspace]\nmembers = []\n")
    member = tmp_path / "services" / "sender"
    member.mkdir(parents=True)
    (member / "pyproject.toml").write_text("[project]\nname = 'sender'\n")

    assert find_root(member) == tmp_path


def test_outside_a_checkout_one_line_says_so(tmp_path: Path) -> None:
    with pytest.raises(StackError, match="no checkout here"):
        find_root(tmp_path)
