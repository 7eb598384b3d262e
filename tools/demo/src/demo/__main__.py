"""`make demo`: start everything, let a person talk to the agent, and show what happens."""

import asyncio
import sys
import time
from pathlib import Path

from rich.console import Console

from demo.play import DemoFailed, play
from demo.stage import Stage
from devstack.failure import StackError
from devstack.progress import download_report
from devstack.site import find_root
from devstack.stack import Stack


def main() -> None:
    """Run the demo; leave nothing running that did not run before."""
    console = Console(highlight=False)
    try:
        _run(console)
    except (StackError, DemoFailed) as failure:
        console.print(f"demo: {failure}", style="red", markup=False, soft_wrap=True)
        sys.exit(1)
    except KeyboardInterrupt:
        console.print("Stopped.")


def _run(console: Console) -> None:
    with download_report(console) as report:
        stack = Stack(find_root(Path.cwd()), report=report)
        ran_before = any(row.condition == "ready" for row in stack.status())
        begin = time.monotonic()
        if not ran_before:
            console.print("Starting Kafka, PostgreSQL, S3, five services and the simulator")
        known = stack.up()
    try:
        console.print(f"Ready in {time.monotonic() - begin:.0f} s.")
        wa_id = asyncio.run(play(known, Stage(console)))
        console.rule(style="dim")
        if ran_before or sys.stdin.isatty():
            console.print(f"Chat page: {known.simulator}/?user={wa_id}", soft_wrap=True)
        if sys.stdin.isatty():
            console.print("Write there yourself. Ctrl-C ends the demo.")
            _until_interrupted()
    finally:
        if not ran_before:
            stack.down()
            console.print("Everything is stopped; the data stays in .run for the next time.")


def _until_interrupted() -> None:
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        return


if __name__ == "__main__":
    main()
