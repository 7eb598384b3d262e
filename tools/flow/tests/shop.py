"""Small flows and transcripts, as an author would write them."""

from pathlib import Path

from domain.session import FlowBook
from flow.reading import TestFile, parse
from flow.trying import Played, play_file
from flow.visiting import Visits, watched

SHOP = """\
name: shop
title: Feedback after a visit
triggers: {default: true}
opt_out: [stop]
steps:
  - id: hello
    say: Hello.
  - id: stars
    ask: How was it, from 1 to 5?
    number: {min: 1, max: 5}
    wrong: From 1 to 5, please.
    retries: 1
    otherwise: human
    timeout: {after: 10m, to: silent}
  - id: sure
    ask: Really {{ stars }}?
    choice:
      options:
        - {id: yes, title: "Yes"}
        - {id: no, title: "No"}
  - id: route
    branch:
      - {answer: sure, is: yes, to: thanks}
    otherwise: stars
  - id: thanks
    complete: {outcome: rated, say: Thank you., data: {stars: stars}}
  - id: silent
    complete: {outcome: unrated}
  - id: human
    hand_off: {team: shop, say: A colleague writes to you.}
    next: thanks
"""


def book(*flows: str) -> FlowBook:
    return FlowBook.of({f"{number}.yaml": flow for number, flow in enumerate(flows)})


def transcripts(turns: str, *, flow: str = "shop", before: str = "") -> TestFile:
    indented = "".join(f"      {line}\n" for line in turns.strip().splitlines())
    head = f"flow: {flow}\ntranscripts:\n  - name: It goes well\n{before}    turns:\n"
    return parse(head + indented, Path("shop.test.yaml"))


def played(turns: str, *flows: str, before: str = "", visits: Visits | None = None) -> Played:
    known = book(*(flows or (SHOP,)))
    if visits is not None:
        known = watched(known, visits)
    [only] = play_file(transcripts(turns, before=before), known, visits)
    return only
