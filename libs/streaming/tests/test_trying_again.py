"""Backoff, the circuit, and the limit on parking: pure, with times given."""

from streaming.retrying import Circuit, ParkingLimit, Retry


def never_early() -> float:
    return 1.0


def broken(*, after: int = 5, keys: int = 3) -> Circuit:
    circuit = Circuit(retry=Retry(first=1.0, most=8.0), after=after, keys=keys, chance=never_early)
    for number in range(after):
        circuit.failed(f"key-{number}", now=0.0)
    return circuit


def test_waiting_grows_with_each_failure_up_to_a_bound() -> None:
    retry = Retry(first=0.2, most=10.0)

    assert [retry.delay(n, never_early) for n in (1, 2, 3)] == [0.2, 0.4, 0.8]
    assert retry.delay(1000, never_early) == 10.0


def test_jitter_shortens_a_wait_by_half_at_most() -> None:
    assert Retry(first=1.0).delay(1, lambda: 0.0) == 0.5


def test_a_single_failing_key_never_stops_the_others() -> None:
    circuit = Circuit()
    for _ in range(100):
        circuit.failed("poisoned", now=0.0)

    assert not circuit.is_open
    assert circuit.wait("other", now=0.0) == 0.0


def test_failures_of_many_keys_in_a_row_open_the_circuit() -> None:
    circuit = broken()

    assert circuit.is_open
    assert circuit.wait("another", now=0.5) == 0.5


def test_a_success_in_between_begins_the_count_anew() -> None:
    circuit = Circuit()
    for number in range(20):
        circuit.failed(f"key-{number}", now=0.0)
        circuit.succeeded()

    assert not circuit.is_open


def test_one_probe_at_a_time_goes_through_an_open_circuit() -> None:
    circuit = broken()

    assert circuit.wait("first", now=1.0) == 0.0
    assert circuit.wait("second", now=1.0) > 0.0


def test_each_failed_probe_makes_the_next_wait_longer() -> None:
    circuit = broken()
    assert circuit.wait("probe", now=1.0) == 0.0
    circuit.failed("probe", now=1.0)

    assert circuit.wait("next", now=1.0) == 2.0
    assert circuit.wait("next", now=3.0) == 0.0


def test_late_failures_of_earlier_attempts_do_not_postpone_the_probe() -> None:
    circuit = broken()
    circuit.failed("straggler", now=0.9)

    assert circuit.wait("probe", now=1.0) == 0.0


def test_a_successful_probe_closes_the_circuit_for_all() -> None:
    circuit = broken()
    circuit.wait("probe", now=1.0)
    circuit.succeeded()

    assert circuit.wait("anybody", now=1.0) == 0.0


def test_a_probe_that_told_nothing_gives_its_place_to_the_next() -> None:
    circuit = broken()
    circuit.wait("cancelled", now=1.0)
    circuit.released("cancelled")

    assert circuit.is_open
    assert circuit.wait("next", now=1.0) == 0.0


def test_twenty_records_may_be_parked_within_five_minutes_and_not_one_more() -> None:
    limit = ParkingLimit()

    assert all(limit.allows(now=second) for second in range(20))
    assert not limit.allows(now=299.0)
    assert limit.allows(now=300.0)


def test_whoever_did_not_fail_yet_is_asked_to_be_the_probe_first() -> None:
    circuit = broken()
    poisoned = circuit.wait("key-0", now=1.0)

    assert 0.0 < poisoned < 0.1
    assert circuit.wait("fresh", now=1.0) == 0.0
    circuit.released("fresh")
    assert circuit.wait("key-0", now=1.0 + poisoned) == 0.0


def test_an_open_circuit_lacks_a_probe_when_all_that_are_left_have_failed() -> None:
    circuit = broken()

    assert circuit.lacks_a_probe(["key-0", "key-1"])
    assert not circuit.lacks_a_probe(["key-0", "fresh"])
    assert not Circuit().lacks_a_probe([])


def test_the_probe_may_ask_again_whether_it_may_go() -> None:
    circuit = broken()

    assert circuit.wait("probe", now=1.0) == circuit.wait("probe", now=1.0) == 0.0


def test_a_pause_that_was_asked_for_is_kept() -> None:
    circuit = broken()
    circuit.wait("probe", now=1.0)
    circuit.failed("probe", now=1.0, after=30.0)

    assert circuit.wait("next", now=1.0) == 30.0
