"""What any platform promises, and what the WhatsApp Cloud API is asked and answers."""

import json
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import SecretStr
from structlog.testing import capture_logs

from domain.events import OutgoingReply
from domain.messages import (
    Button,
    OutboundButtons,
    OutboundList,
    OutboundMessage,
    OutboundReadReceipt,
    OutboundText,
    Row,
)
from domain.ports.sending import MessageSender, SendRefused
from domain.values import ReplyId
from sender.adapters.console_sender import ConsoleSender
from sender.adapters.memory_sender import MemorySender
from sender.adapters.whatsapp_cloud import GraphAccess, WhatsAppCloudSender

NUMBER = "106540352242922"
TOKEN = "a-token-of-the-tests"
BUTTONS = OutboundButtons(
    text="What was damaged?",
    buttons=(Button(id="car", title="Car"), Button(id="home", title="Home")),
)
LIST = OutboundList(
    text="Which team?",
    button="Choose",
    rows=(Row(id="1", title="Claims", description="Open claims"), Row(id="2", title="Sales")),
)
MESSAGES: tuple[OutboundMessage, ...] = (OutboundText(text="Olá 👋"), BUTTONS, LIST)


class MessageSenderContract:
    """What the sender relies on. Every adapter inherits these tests."""

    @pytest.mark.parametrize("message", MESSAGES, ids=lambda message: str(message.type))
    async def test_every_kind_of_message_is_accepted_with_an_id(
        self, sender: MessageSender, message: OutboundMessage
    ) -> None:
        reply = OutgoingReply(to="15550001111", message=message)
        acceptance = await sender.send(reply, phone_number_id=NUMBER, reply_id=ReplyId(uuid4()))

        assert acceptance.wamid

    async def test_two_replies_get_different_ids(self, sender: MessageSender) -> None:
        reply = OutgoingReply(to="15550001111", message=MESSAGES[0])
        accepted = {
            (await sender.send(reply, phone_number_id=NUMBER, reply_id=ReplyId(uuid4()))).wamid
            for _ in range(2)
        }

        assert len(accepted) == 2

    async def test_a_read_receipt_is_known_by_the_message_that_was_read(
        self, sender: MessageSender
    ) -> None:
        receipt = OutboundReadReceipt(wamid="wamid.theirs", typing=True)
        reply = OutgoingReply(to="15550001111", message=receipt)
        acceptance = await sender.send(reply, phone_number_id=NUMBER, reply_id=ReplyId(uuid4()))

        assert acceptance.wamid == "wamid.theirs"

    async def test_a_person_known_only_by_user_id_is_reached(self, sender: MessageSender) -> None:
        reply = OutgoingReply(user_id="US.13491208655302741918", message=MESSAGES[0])
        acceptance = await sender.send(reply, phone_number_id=NUMBER, reply_id=ReplyId(uuid4()))

        assert acceptance.user_id == "US.13491208655302741918"

    async def test_a_reply_to_nobody_is_refused(self, sender: MessageSender) -> None:
        reply = OutgoingReply(message=MESSAGES[0])

        with pytest.raises(SendRefused):
            await sender.send(reply, phone_number_id=NUMBER, reply_id=ReplyId(uuid4()))


class TestMemorySender(MessageSenderContract):
    @pytest.fixture
    def sender(self) -> MemorySender:
        return MemorySender()


class TestConsoleSender(MessageSenderContract):
    @pytest.fixture
    def sender(self) -> ConsoleSender:
        return ConsoleSender()

    async def test_the_console_shows_neither_person_nor_words(self, sender: ConsoleSender) -> None:
        reply = OutgoingReply(to="15550001111", message=OutboundText(text="Olá Ana"))
        with capture_logs() as lines:
            await sender.send(reply, phone_number_id=NUMBER, reply_id=ReplyId(uuid4()))
        shown = str(lines)

        assert "would-send" in shown
        assert "15550001111" not in shown
        assert "Ana" not in shown


@pytest.fixture
def asked() -> list[tuple[web.BaseRequest, bytes]]:
    """The requests that the Graph API got."""
    return []


@pytest.fixture
async def graph_url(asked: list[tuple[web.BaseRequest, bytes]]) -> AsyncIterator[str]:
    async def accept(request: web.Request) -> web.Response:
        body = await request.read()
        asked.append((request, body))
        given = json.loads(body)
        if given.get("status") == "read":
            return web.json_response({"success": True})
        who = {"wa_id": given["to"].removeprefix("+")} if "to" in given else {}
        who |= {"user_id": given["recipient"]} if "recipient" in given else {}
        return web.json_response(
            {
                "messaging_product": "whatsapp",
                "contacts": [{"input": "as given", **who}],
                "messages": [{"id": f"wamid.{len(asked)}"}],
            }
        )

    app = web.Application()
    app.router.add_post("/{version}/{number}/messages", accept)
    async with TestServer(app) as server:
        yield str(server.make_url("/"))


class TestWhatsAppCloudSender(MessageSenderContract):
    @pytest.fixture
    async def sender(self, graph_url: str) -> AsyncIterator[WhatsAppCloudSender]:
        sender = WhatsAppCloudSender(
            GraphAccess(url=graph_url, version="v24.0", token=SecretStr(TOKEN))
        )
        await sender.start()
        yield sender
        await sender.stop()

    async def test_a_call_carries_token_address_and_reply_id(
        self, sender: WhatsAppCloudSender, asked: list[tuple[web.BaseRequest, bytes]]
    ) -> None:
        reply_id = ReplyId(uuid4())
        reply = OutgoingReply(to="15550001111", user_id="US.1", message=MESSAGES[0])
        await sender.send(reply, phone_number_id=NUMBER, reply_id=reply_id)

        [(request, body)] = asked
        assert request.path == f"/v24.0/{NUMBER}/messages"
        assert request.headers["Authorization"] == f"Bearer {TOKEN}"
        assert request.headers["Content-Type"] == "application/json"
        assert request.headers["User-Agent"] == "whatsapp-agent-sender"
        assert json.loads(body) == {
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            "to": "+15550001111",
            "type": "text",
            "text": {"body": "Olá 👋"},
            "biz_opaque_callback_data": str(reply_id),
        }
