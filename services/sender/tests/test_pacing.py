"""How fast replies go out: by number, by person, and after the platform asked for a pause."""

from uuid import uuid4

import pytest

from domain.values import ContactId
from sender.use_cases.pacing import Brake, Bucket, Limits, Pacing, Rate

ANA, BEN = ContactId(uuid4()), ContactId(uuid4())
META = Limits(number=Rate(80, 1), pair=Rate(1 / 6, 45))
ONLY_PAIRS = Limits(number=Rate(1_000_000, 1_000_000), pair=Rate(1 / 6, 45))


@pytest.mark.parametrize(
    ("taken_at", "waits"),
    [
        pytest.param([0, 0, 0], [0, 0, 1], id="a burst of two, then one a second"),
        pytest.param([0, 0, 0, 0], [0, 0, 1, 2], id="who queues waits for those before"),
        pytest.param([0, 0, 1, 1], [0, 0, 0, 1], id="a token a second comes back"),
        pytest.param([0, 0, 100, 100, 100], [0, 0, 0, 0, 1], id="never more than the burst"),
        pytest.param([10, 10, 5, 11], [0, 0, 1, 1], id="a clock that goes back gives nothing"),
    ],
)
def test_a_bucket_lets_through_its_rate_and_its_burst(
    taken_at: list[float], waits: list[float]
) -> None:
    bucket = Bucket(Rate(per_second=1, burst=2), tokens=2, at=0)

    assert [bucket.take(now) for now in taken_at] == waits


def test_pauses_grow_fourfold_and_shrink_after_a_success() -> None:
    brake, now, pauses = Brake(base=4, longest=100), 0.0, []
    for _ in range(5):
        brake.hit(now)
        pauses.append(brake.rest(now))
        now = brake.until
    brake.release()
    brake.hit(now)

    assert pauses == [1, 4, 16, 64, 100]
    assert brake.rest(now) == 1


def test_calls_that_met_the_same_limit_together_lengthen_the_pause_once() -> None:
    brake = Brake(base=4, longest=100)
    for _ in range(3):
        brake.hit(0)

    assert brake.rest(0) == 1
    assert brake.step == 1


def test_forty_five_messages_to_one_person_go_at_once_then_one_in_six_seconds() -> None:
    pacing = Pacing(ONLY_PAIRS)
    waits = [pacing.reserve(0, "1", ANA) for _ in range(47)]

    assert waits[:45] == [0] * 45
    assert waits[45:] == pytest.approx([6, 12])
    assert pacing.reserve(0, "1", BEN) == 0


def test_eighty_messages_a_second_leave_a_number_whoever_they_are_for() -> None:
    pacing = Pacing(META)
    waits = [pacing.reserve(0, "1", ContactId(uuid4())) for _ in range(81)]

    assert waits[-1] == pytest.approx(1)
    assert pacing.reserve(0, "2", ANA) == 0


def test_lifted_limits_let_everything_through_but_keep_pauses() -> None:
    pacing = Pacing(None)
    pacing.slow_down(0, "pair", "1", ANA)

    assert {pacing.reserve(0, "1", ANA) for _ in range(1000)} == {0}
    assert pacing.held(0, "1", ANA) == 1


@pytest.mark.parametrize(
    ("scope", "held"),
    [
        pytest.param("pair", {("1", ANA)}, id="one person of one number"),
        pytest.param("number", {("1", ANA), ("1", BEN)}, id="everybody of one number"),
        pytest.param("account", {("1", ANA), ("1", BEN), ("2", ANA), ("2", BEN)}, id="everybody"),
    ],
)
def test_a_pause_concerns_only_whom_the_refusal_spoke_of(
    scope: str, held: set[tuple[str, ContactId]]
) -> None:
    pacing = Pacing(META)
    pacing.slow_down(0, scope, "1", ANA)  # type: ignore[arg-type]  # parametrized
    everybody = {(number, contact) for number in ("1", "2") for contact in (ANA, BEN)}

    assert {whose for whose in everybody if pacing.held(0, *whose)} == held


def test_after_a_pause_a_person_gets_no_burst_but_the_steady_pace() -> None:
    pacing = Pacing(ONLY_PAIRS)
    pacing.slow_down(0, "pair", "1", ANA)

    assert pacing.reserve(1, "1", ANA) == pytest.approx(5)


def test_people_who_rested_are_forgotten_so_that_memory_stays_bounded() -> None:
    pacing, now = Pacing(ONLY_PAIRS), 0.0
    pacing.slow_down(0, "pair", "1", ANA)
    for now in range(30_000):
        pacing.reserve(now, "1", ContactId(uuid4()))

    assert len(pacing._pairs) <= 20_000  # noqa: SLF001 nothing outside shows it
    pacing.slow_down(now, "pair", "1", ANA)
    assert pacing.held(now, "1", ANA) == 4


def test_a_stopped_number_lets_one_reply_go_after_each_pause() -> None:
    pacing, others = Pacing(META, stop_pause=60), [ContactId(uuid4()) for _ in range(3)]
    pacing.stop(0, "1", ANA, 131031)

    assert pacing.held(10, "1", BEN) == 50
    assert [pacing.let_go(60, "1", who) for who in others] == [0, 60, 60]
    assert pacing.let_go(60, "2", BEN) == 0
    assert pacing.stops() == {"1": 131031}


def test_the_reply_that_stopped_a_number_is_not_the_first_to_be_tried() -> None:
    pacing = Pacing(META, stop_pause=60)
    pacing.stop(0, "1", ANA, 130497)

    assert pacing.let_go(60, "1", ANA) == 30
    assert pacing.let_go(60, "1", BEN) == 0


def test_only_a_call_that_began_after_the_stop_shows_that_the_number_works() -> None:
    pacing = Pacing(META, stop_pause=60)
    pacing.stop(10, "1", ANA, 131031)

    assert not pacing.went_well(11, "1", BEN, began=9)
    assert pacing.stops() == {"1": 131031}
    assert pacing.went_well(71, "1", BEN, began=70)
    assert pacing.stops() == {}
    assert pacing.held(71, "1", ANA) == 0


def test_a_number_has_its_own_rate_and_others_the_usual_one() -> None:
    limits = Limits(number=Rate(80, 1), pair=Rate(1 / 6, 45), numbers={"1": 20})
    pacing = Pacing(limits)
    waits = {
        number: [pacing.reserve(0, number, ContactId(uuid4())) for _ in range(81)][-1]
        for number in ("1", "2")
    }

    assert waits == {"1": pytest.approx(4), "2": pytest.approx(1)}


@pytest.mark.parametrize("in_use", [True, False], ids=["while it sends", "before it ever sent"])
def test_an_upgraded_number_sends_faster_at_once(*, in_use: bool) -> None:
    pacing = Pacing(META)
    if in_use:
        pacing.reserve(0, "1", BEN)
    assert pacing.speed_up("1", 1000)
    waits = [pacing.reserve(1, "1", ContactId(uuid4())) for _ in range(101)]

    assert waits[-1] == pytest.approx(0.1)
    assert not pacing.speed_up("1", 1000)
    assert not Pacing(None).speed_up("1", 1000)


def test_each_instance_keeps_to_its_part_of_a_numbers_budget_and_persons_to_their_own() -> None:
    pacing = Pacing(META)
    pacing.reserve(0, "1", BEN)
    pacing.share(2 / 6)
    waits = [pacing.reserve(1, "1", ContactId(uuid4())) for _ in range(81)]
    of_ana = [Pacing(ONLY_PAIRS).reserve(0, "1", ANA) for _ in range(46)]

    assert waits[-1] == pytest.approx(3)
    assert of_ana[-1] == 0
    pacing.share(1)
    pacing.speed_up("1", 1000)
    assert pacing.reserve(100, "1", ANA) == 0
