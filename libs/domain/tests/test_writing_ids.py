"""An id that is only written is the same as one that is made first."""

from uuid import UUID, uuid5

from hypothesis import given
from hypothesis import strategies as st

from domain.values import (
    command_id,
    message_id,
    written_command_id,
    written_message_id,
    written_uuid5,
)


@given(namespace=st.uuids(), name=st.text())
def test_written_ids_are_name_based_as_rfc_9562_has_them(namespace: UUID, name: str) -> None:
    assert written_uuid5(namespace.bytes, name) == str(uuid5(namespace, name))


@given(parts=st.lists(st.text(), max_size=3), wamid=st.text())
def test_commands_and_messages_have_one_id_however_it_is_made(parts: list[str], wamid: str) -> None:
    assert written_command_id("message.receive.v1", *parts) == str(
        command_id("message.receive.v1", *parts)
    )
    assert written_message_id(wamid) == str(message_id(wamid))
