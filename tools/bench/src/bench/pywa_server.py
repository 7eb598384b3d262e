"""pywa's own webhook server as its documentation has it; installed by `make bench` alone."""

from pywa_async import WhatsApp, types
from starlette.applications import Starlette

from bench.claim import NUMBER


def server(secret: str) -> Starlette:
    """Give the server with a handler of messages that does nothing."""
    app = Starlette()
    client = WhatsApp(
        phone_id=NUMBER,
        token="a-token",  # noqa: S106 nothing is sent
        server=app,
        webhook_endpoint="/webhook",
        verify_token="the-verify-token",  # noqa: S106 nobody subscribes
        app_secret=secret,
    )

    @client.on_message  # type: ignore[untyped-decorator]  # not looked at: only the bench has it
    async def heard(_: WhatsApp, __: types.Message) -> None:
        return None

    return app
