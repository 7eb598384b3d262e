"""Which flow a person wants who is in none."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple, TypeAlias

import re2

from domain.commands import IncomingMessage
from domain.messages import InboundChoice, InboundText
from domain.session.flows.flow import Flow
from domain.session.flows.wording import every_word
from domain.session.flows.words import MAX_WORDS, plain

By: TypeAlias = Literal["keyword", "pattern", "referral", "template-button", "default"]

ANY = "any"
"""Stands for every advertisement or post."""


class Triggered(NamedTuple):
    """The flow, and which of its triggers fitted."""

    flow: Flow
    by: By


class Triggers(NamedTuple):
    """What leads to which flow, ready to be looked up."""

    keywords: Mapping[str, Flow]
    buttons: Mapping[str, Flow]
    referrals: Mapping[str, Flow]
    patterns: Sequence[tuple[Any, Flow]]
    opt_outs: Mapping[str, Flow]
    """The flow that confirms the words of whoever is in no flow that lists them."""
    opt_ins: Mapping[str, Flow]

    def fitting(self, sent: IncomingMessage, said: str) -> Triggered | None:
        """Return the flow that the message asks for, the surest sign first, or none."""
        message = sent.message
        button = message.id if isinstance(message, InboundChoice) else ""
        if button and (flow := self.buttons.get(button)):
            return Triggered(flow, "template-button")
        referred = sent.referral.source_id or ANY if sent.referral else None
        if referred and (flow := self.referrals.get(referred)):
            return Triggered(flow, "referral")
        if said and (flow := self.keywords.get(said)):
            return Triggered(flow, "keyword")
        if isinstance(message, InboundText) and (flow := self._by_pattern(message.text)):
            return Triggered(flow, "pattern")
        if referred and (flow := self.referrals.get(ANY)):
            return Triggered(flow, "referral")
        return None

    def _by_pattern(self, text: str) -> Flow | None:
        read = text[:MAX_WORDS]
        return next((flow for pattern, flow in self.patterns if pattern.search(read)), None)


def triggers_of(flows: Sequence[Flow]) -> Triggers:
    """Return what leads to these flows; the default flow and then the first one go before."""
    ordered = sorted(flows, key=lambda flow: not flow.definition.triggers.default)
    return Triggers(
        keywords=_first((plain(w), f) for f in flows for w in _keywords(f)),
        buttons=_first((b, f) for f in flows for b in f.definition.triggers.template_buttons),
        referrals=_first((r, f) for f in flows for r in f.definition.triggers.referrals),
        patterns=[(re2.compile(p), f) for f in flows for p in f.definition.triggers.patterns],
        opt_outs=_first((word, f) for f in ordered for word in f.words.opt_out),
        opt_ins=_first((word, f) for f in ordered for word in f.words.opt_in),
    )


def _keywords(flow: Flow) -> Iterable[str]:
    return every_word(flow.definition.triggers.keywords)


def _first(pairs: Iterable[tuple[str, Flow]]) -> Mapping[str, Flow]:
    found: dict[str, Flow] = {}
    for name, flow in pairs:
        found.setdefault(name, flow)
    return found
