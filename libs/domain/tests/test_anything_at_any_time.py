"""Whatever a flow is like and whatever happens, the engine goes on, and keeps its word."""

from anything.flows import BOOKS, book
from anything.moves import LIVES, Move
from anything.world import World
from hypothesis import HealthCheck, given, settings

from domain.session import FlowBook, InvalidFlow

ANY_SIZE = tuple(HealthCheck)


@settings(max_examples=60, deadline=None, suppress_health_check=ANY_SIZE)
@given(BOOKS, LIVES)
def test_whatever_happens_in_whichever_flow_the_engine_goes_on_as_its_events_say(
    flows: tuple[dict[str, str], str], life: list[Move]
) -> None:
    sources, later = flows
    if not is_valid(sources) or not is_valid({**sources, "main.yaml": later}):
        return
    world = World(sources, later)
    for move in life:
        world.do(move)
    world.check_history()


def is_valid(sources: dict[str, str]) -> bool:
    """Say whether authors could use the flows; nothing but a sentence for them may be raised."""
    try:
        FlowBook.of(sources)
    except InvalidFlow:
        return False
    return True


def test_most_random_flows_are_such_as_authors_may_write() -> None:
    books = [book(seed) for seed in range(30)]

    assert sum(is_valid(sources) for sources, _ in books) > 20
