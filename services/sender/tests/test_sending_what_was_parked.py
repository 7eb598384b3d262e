"""A reply that was parked goes out when an operator sends it again, unless it went out before."""

from collections.abc import Callable

import pytest
from world import World

from domain.events import ReplyRequested
from domain.ports.sending_ledger import LedgerEntry, Stage
from sender.use_cases.sending import MayHaveBeenSent

Ask = Callable[..., ReplyRequested]


async def redriven(world: World, request: ReplyRequested) -> None:
    """Handle it as what stood first in the log, which was read long ago."""
    world.is_written(request)
    await world.restart(committed=1)
    await world.door.handle_redriven(world.log[0])


async def known(world: World, request: ReplyRequested, stage: Stage) -> None:
    entry = LedgerEntry(stage, attempt=1, offset=0)
    await world.ledger.write(request.reply_id, entry, partition=0)


async def test_what_was_never_tried_is_sent(world: World, ask: Ask) -> None:
    await redriven(world, ask(text="hello"))

    assert world.texts == ["hello"]


@pytest.mark.parametrize("stage", ["accepted", "failed"])
async def test_what_has_an_outcome_is_left_alone(world: World, ask: Ask, stage: Stage) -> None:
    request = ask()
    await known(world, request, stage)

    await redriven(world, request)

    assert (world.texts, world.told) == ([], [])


async def test_what_was_certainly_not_sent_is_sent(world: World, ask: Ask) -> None:
    request = ask(text="hello")
    await known(world, request, "not-sent")

    await redriven(world, request)

    assert world.texts == ["hello"]


async def test_what_may_have_been_sent_is_for_a_person_to_look_at(world: World, ask: Ask) -> None:
    request = ask()
    await known(world, request, "sending")

    with pytest.raises(MayHaveBeenSent, match="not known"):
        await redriven(world, request)

    assert world.texts == []


async def test_sent_again_twice_it_goes_out_once(world: World, ask: Ask) -> None:
    request = ask(text="hello")
    await redriven(world, request)
    await world.door.handle_redriven(world.log[0])

    assert world.texts == ["hello"]
