"""Sessions that wait in an older version of their flow, and come to the newest one."""

from collections.abc import Iterator

from domain import events
from domain.session.flows.book import FlowBook
from domain.session.flows.flow import Flow
from domain.session.flows.steps import Ask, FlowForm, HandOff, Lookup, Wait
from domain.session.state import InteractiveSession
from domain.values import ContactId

_WAITING = (Ask, FlowForm, HandOff, Lookup, Wait)
"""Steps at which sessions stand; they go through all others at once."""


def brought_up(
    who: ContactId, session: InteractiveSession, flows: FlowBook
) -> tuple[Flow, list[events.SessionMigrated]]:
    """Return the flow that the session goes on in, and that it moved there if it did.

    Raises KeyError when the session's version is not in the book.
    """
    flow = flows.of_session(session.flow, session.flow_version)
    newest = flows.current.get(session.flow)
    if newest is None or newest.version == flow.version:
        return flow, []
    for migration in newest.definition.migrations:
        step = migration.steps.get(session.step, session.step)
        if migration.version == flow.version and (not step or step in newest.steps):
            moved = events.SessionMigrated(
                contact_id=who,
                session_id=session.session_id,
                flow=flow.name,
                from_version=flow.version,
                flow_version=newest.version,
                steps=dict(migration.steps),
            )
            return newest, [moved]
    return flow, []


def migration_problems(newest: Flow, older: Flow) -> Iterator[str]:
    """Yield why sessions cannot move from the older version, and what to do about it.

    Every step at which a session may wait has to be there still, and to take the same kind of
    answer as before: what was answered is to mean the same.
    """
    named = next(
        (m.steps for m in newest.definition.migrations if m.version == older.version), None
    )
    if named is None:
        return
    place = f"migrations: from {older.version}"
    for gone in sorted(named.keys() - older.steps.keys()):
        yield f"{place}: the older version has no step {gone}: take it out"
    waited_at = ((n, s) for n, s in older.steps.items() if isinstance(s, _WAITING))
    for name, step in waited_at:
        now = newest.steps.get(named.get(name, name))
        if now is None:
            yield f"{place}: step {name} is no more: name the step that takes its place"
        elif _kind(now) != _kind(step):
            yield f"{place}: step {name} is {_kind(step)}, but {now.id} is {_kind(now)}"


def _kind(step: object) -> str:
    return type(step.kind if isinstance(step, Ask) else step).__name__.lower()
