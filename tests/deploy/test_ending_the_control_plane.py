"""Nothing of a control plane outlives the program that started it."""

import subprocess
import sys
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # ships no types


def test_a_control_plane_ends_with_its_owner_however_that_ends(tmp_path: Path) -> None:
    code = (
        "import os, signal, subprocess, sys; from pathlib import Path\n"
        "from deploycheck.leash import leash\n"
        f"folder = {str(tmp_path)!r}\n"
        "with leash(Path(folder)):\n"
        "    part = subprocess.Popen(['sleep', '600'], cwd=folder, start_new_session=True)\n"
        "    print(part.pid, flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    owner = subprocess.run(  # noqa: S603 - the text above
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )

    assert not _lives_on(int(owner.stdout))


def _lives_on(pid: int) -> bool:
    try:
        process = psutil.Process(pid)
        process.wait(timeout=60)
    except psutil.NoSuchProcess:
        return False
    except psutil.TimeoutExpired:
        return True
    return False
