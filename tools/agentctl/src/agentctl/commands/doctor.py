"""`agentctl doctor`: what is wrong, and how to mend it."""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Annotated

import typer
from rich.text import Text

from agentctl.checks.everything import CHECKS, CONFIG, examine
from agentctl.commands.terminal import AsJson, fail, out, run, session
from agentctl.findings import Finding, State
from streaming.counting import counted

_MARKS: Mapping[State, tuple[str, str]] = {
    "ok": ("ok", "green"),
    "warning": ("warn", "yellow"),
    "failed": ("FAIL", "bold red"),
    "skipped": ("-", "dim"),
}

_NAMES = (CONFIG, *CHECKS)


def doctor(
    context: typer.Context,
    *,
    only: Annotated[
        list[str] | None,
        typer.Option(help=f"One of {', '.join(_NAMES)}; may be repeated."),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings fail, too.")] = False,
    as_json: AsJson = False,
) -> None:
    """Check an installation, one line for each finding.

    Exit code 1 if anything is wrong, or if nothing could be looked at. Nothing is changed, and
    nobody is told anything.
    """
    given = session(context)
    if unknown := set(only or ()) - set(_NAMES):
        fail(f"no such check: {', '.join(sorted(unknown))}", f"one of {', '.join(_NAMES)}")
    found = run(examine(given.site, given.environ, only or ()))
    bad = {"failed", "warning"} if strict else {"failed"}
    looked = any(one.state != "skipped" for one in found)
    holds = looked and not any(one.state in bad for one in found)
    if as_json:
        told = {"holds": holds, "findings": [asdict(one) for one in found]}
        out.print(json.dumps(told, indent=2), markup=False)
    else:
        _show(found, given.told_by)
        if not looked:
            out.print("Nothing was looked at: tell where it is by AGENT_ variables, or `make up`")
    sys.exit(0 if holds else 1)


def _show(found: Sequence[Finding], told_by: str) -> None:
    out.print(Text(f"As {told_by} say", style="dim"))
    width = max((len(one.check) for one in found), default=0)
    for one in found:
        mark, style = _MARKS[one.state]
        line = Text.assemble((mark.ljust(4), style), f"  {one.check.ljust(width)}  {one.what}")
        out.print(line.append(f": {one.mend}", style="italic") if one.mend else line)
    counts = {state: sum(one.state == state for one in found) for state in _MARKS}
    out.print(
        Text(
            f"{counts['ok']} ok, {counted(counts['warning'], 'warning')},"
            f" {counts['failed']} failed, {counts['skipped']} not looked at"
        )
    )
