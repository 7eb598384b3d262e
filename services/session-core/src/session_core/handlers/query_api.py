"""The query API: look sessions and people up, and send operators' commands."""

from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import FastAPI, HTTPException, Query
from fastapi.telemetry import TelemetryConfig

from domain.values import ContactId, SessionId
from session_core.handlers import api_problems, api_requests, api_views
from session_core.handlers.api_requests import After, Limit, Moment, Once, Unmasked, Version
from session_core.handlers.api_views import Accepted
from session_core.use_cases.looking_up import Records
from session_core.use_cases.operating import OperatorsDesk, Sent

_NO_TELEMETRY: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False}
_CONTACT_SESSIONS = 50


@dataclass(frozen=True, slots=True)
class QueryApi:
    """Answers those who hold the token."""

    records: Records
    desk: OperatorsDesk

    async def sessions(
        self, status: Literal["handed-off"] | None = None, limit: Limit = 50
    ) -> api_views.SessionsView:
        """List the newest sessions, or the newest of those that wait for a human."""
        found = await self.records.sessions(handed_off=status == "handed-off", limit=limit)
        return api_views.SessionsView(sessions=api_views.lines(found))

    async def session(
        self,
        session_id: SessionId,
        after: After = 0,
        limit: Limit = 100,
        unmasked: Unmasked = False,  # noqa: FBT002 a query parameter
    ) -> api_views.SessionView:
        """Show a session with its timeline: events after a version, at most 1 MiB a page."""
        timeline = await self.records.timeline(
            session_id, after=after, limit=limit, unmasked=unmasked
        )
        return api_views.session_view(session_id, timeline)

    async def state(
        self,
        session_id: SessionId,
        version: Version = None,
        at: Annotated[Moment | None, Query()] = None,
        unmasked: Unmasked = False,  # noqa: FBT002 a query parameter
    ) -> api_views.StateView:
        """Show a session as it was at a version, as it was stored at a time, or as it is."""
        if version is not None and at is not None:
            raise HTTPException(422)
        if at is not None:
            then = await self.records.state_at(session_id, at, unmasked=unmasked)
        else:
            then = await self.records.state_at_version(session_id, version, unmasked=unmasked)
        return api_views.state_view(then)

    async def contact(
        self, contact_id: ContactId, sessions: Limit = _CONTACT_SESSIONS
    ) -> api_views.ContactView:
        """Show a person with their newest sessions."""
        return api_views.contact_view(await self.records.contact(contact_id, sessions=sessions))

    async def search(self, body: api_requests.Search) -> api_views.ContactsView:
        """Find a person by a name; in the body, for addresses end up in logs."""
        found = await self.records.search(
            body.phone_number_id,
            wa_id=body.from_,
            user_id=body.user_id,
            sessions=_CONTACT_SESSIONS,
        )
        contacts = [] if found is None else [api_views.contact_view(found)]
        return api_views.ContactsView(contacts=contacts)

    async def initiate(self, body: api_requests.Initiate, once: Once = None) -> Accepted:
        """Begin a conversation with somebody, unless they are in one already."""
        return _accepted(
            await self.desk.initiate(
                to=body.to,
                phone_number_id=body.phone_number_id,
                flow=body.flow,
                variables=body.variables,
                language=body.language,
                once=once,
            )
        )

    async def reply(self, body: api_requests.Reply, once: Once = None) -> Accepted:
        """Answer the person in a session that was handed off."""
        return _accepted(await self.desk.reply(body.session_id, body.words, once=once))

    async def release(self, body: api_requests.Release, once: Once = None) -> Accepted:
        """Give a handed-off session back to the bot."""
        return _accepted(await self.desk.release(body.session_id, once=once))

    async def hand_off(self, body: api_requests.HandOff, once: Once = None) -> Accepted:
        """Make the bot silent and let a human talk."""
        return _accepted(await self.desk.hand_off(body.session_id, body.team, body.note, once=once))

    async def cancel(self, body: api_requests.Cancel, once: Once = None) -> Accepted:
        """End a session without an outcome."""
        return _accepted(await self.desk.cancel(body.session_id, body.reason, once=once))

    async def complete(self, body: api_requests.Complete, once: Once = None) -> Accepted:
        """End a session with an outcome."""
        return _accepted(await self.desk.complete(body.session_id, body.outcome, once=once))

    async def record_lookup(self, body: api_requests.RecordLookup, once: Once = None) -> Accepted:
        """Answer what a flow looked up, in the place of the service that does so."""
        return _accepted(await self.desk.record_lookup(body.session_id, body.answer, once=once))

    async def erase(self, body: api_requests.Erase, once: Once = None) -> Accepted:
        """Forget a person: cancel their open session, show nothing personal of them any more.

        Their files are deleted; else nothing is erased at rest yet: database and topics keep it.
        """
        return _accepted(await self.desk.erase(body.contact_id, once=once))


def application(answering: QueryApi) -> FastAPI:
    """Return the application; nobody but a guard may stand before it."""
    api = FastAPI(openapi_url=None, redirect_slashes=False, telemetry=_NO_TELEMETRY)
    for path, look in (
        ("/sessions", answering.sessions),
        ("/sessions/{session_id}", answering.session),
        ("/sessions/{session_id}/state", answering.state),
        ("/contacts/{contact_id}", answering.contact),
    ):
        api.add_api_route(path, look, methods=["GET"], operation_id=look.__name__)
    api.add_api_route("/contacts/search", answering.search, methods=["POST"], operation_id="search")
    for path, command in (
        ("initiate", answering.initiate),
        ("reply", answering.reply),
        ("release", answering.release),
        ("hand-off", answering.hand_off),
        ("cancel", answering.cancel),
        ("complete", answering.complete),
        ("record-lookup", answering.record_lookup),
        ("erase", answering.erase),
    ):
        api.add_api_route(
            f"/commands/{path}",
            command,
            methods=["POST"],
            status_code=202,
            operation_id=command.__name__,
        )
    api_problems.explain(api)
    return api


def _accepted(sent: Sent) -> Accepted:
    return Accepted(command_id=sent.command_id)
