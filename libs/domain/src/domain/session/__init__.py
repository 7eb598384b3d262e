"""Who decides: contact and interactive session, and the engine that runs flows."""

from domain.session.aliases import Aliases, addressed, lost_aliases, new_aliases
from domain.session.deciding import decide
from domain.session.flows.book import FlowBook
from domain.session.flows.parsing import InvalidFlow
from domain.session.identifying import estate, give_up, identified, keeps_number, released
from domain.session.identity import Meant, Outdated, Same, meant, reported, still_to_join
from domain.session.operating import UnknownFlow
from domain.session.person import NOBODY, Occasion, Person, evolve, fold, stream_of
from domain.session.seen import spilled_from
from domain.session.timers import SETTING_TIMERS, deadlines, timer_changes

__all__ = [
    "NOBODY",
    "SETTING_TIMERS",
    "Aliases",
    "FlowBook",
    "InvalidFlow",
    "Meant",
    "Occasion",
    "Outdated",
    "Person",
    "Same",
    "UnknownFlow",
    "addressed",
    "deadlines",
    "decide",
    "estate",
    "evolve",
    "fold",
    "give_up",
    "identified",
    "keeps_number",
    "lost_aliases",
    "meant",
    "new_aliases",
    "released",
    "reported",
    "spilled_from",
    "still_to_join",
    "stream_of",
    "timer_changes",
]
