"""An id is the same in whatever way it is made, written or read."""

from collections.abc import Callable
from contextlib import suppress
from uuid import UUID, uuid5

from hypothesis import given
from hypothesis import strategies as st

from domain.values import (
    command_id,
    message_id,
    read_uuid,
    write_uuid,
    written_command_id,
    written_message_id,
    written_uuid5,
)
from domain.values import (
    uuid5 as own_uuid5,
)


@given(namespace=st.uuids(), name=st.text())
def test_written_ids_are_name_based_as_rfc_9562_has_them(namespace: UUID, name: str) -> None:
    assert written_uuid5(namespace.bytes, name) == str(uuid5(namespace, name))
    assert own_uuid5(namespace, name) == uuid5(namespace, name)


@given(parts=st.lists(st.text(), max_size=3), wamid=st.text())
def test_commands_and_messages_have_one_id_however_it_is_made(parts: list[str], wamid: str) -> None:
    assert written_command_id("message.receive.v1", *parts) == str(
        command_id("message.receive.v1", *parts)
    )
    assert written_message_id(wamid) == str(message_id(wamid))


_WAYS: tuple[Callable[[UUID], str], ...] = (
    str,
    lambda one: one.hex,
    lambda one: one.urn,
    lambda one: f"{{{one}}}".upper(),
)


@given(identity=st.uuids(), way=st.sampled_from(_WAYS), hyphen=st.integers(0, 40))
def test_an_id_is_read_in_every_way_that_python_reads(
    identity: UUID, way: Callable[[UUID], str], hyphen: int
) -> None:
    written = way(identity)
    assert read_uuid(written) == identity
    odd = f"{written[:hyphen]}-{written[hyphen:]}"
    assert _read(read_uuid, odd) == _read(UUID, odd)


@given(identity=st.uuids())
def test_an_id_is_written_as_python_writes_it(identity: UUID) -> None:
    assert write_uuid(identity).decode() == str(identity)


@given(text=st.text(alphabet="0123456789abcdefABCDEF-_{}:urnid ", max_size=50))
def test_what_is_no_id_for_python_is_none(text: str) -> None:
    assert _read(read_uuid, text) == _read(UUID, text)


def _read(how: Callable[[str], UUID], text: str) -> UUID | None:
    with suppress(ValueError):
        return how(text)
    return None
