"""A small world that kept every promise, to be broken in one place by each test."""

import base64
from uuid import uuid5

import pytest

from chaos.testing import PHOTO, WAMID, World
from domain.values import NAMESPACE, MessageId, file_id, message_id


@pytest.fixture
def world() -> World:
    """Somebody sends a photo and gets a reply; the CRM hears of it."""
    world = World()
    described = base64.b64encode(PHOTO.digest()).decode()
    world.says(WAMID, type="image", image={"id": "1", "sha256": described})
    file = str(file_id(MessageId(message_id(WAMID)), 0))
    reply = str(uuid5(NAMESPACE, "reply"))
    world.event("file.uploaded", file_id=file, message_id=str(message_id(WAMID)))
    world.event("reply.requested", reply_id=reply)
    world.line("accepted", lane="ana", wamid="wamid.out", reply_id=reply, message={})
    world.event("reply.sent", reply_id=reply)
    for status in ("sent", "delivered", "read"):
        world.line(
            "answered", lane="ana", wamid="wamid.out", status=status, reply_id=reply, shown="both"
        )
    world.event("reply.delivered", reply_id=reply)
    world.event("reply.read", reply_id=reply)
    stored = world.event("file.stored", file_id=file, key="k", sha256=PHOTO.hexdigest())
    world.line("crm", id=stored, type="file.stored", answered=204, sha256="s")
    world.event("crm.notified", event_id=stored)
    return world
