"""Every process gets an address that nobody else uses."""

import socket

from devstack.ports import LOOPBACK, free_port, is_free


def test_a_chosen_port_is_one_a_server_can_listen_on() -> None:
    port = free_port()
    with socket.create_server((LOOPBACK, port)):
        taken = not is_free(port)

    assert taken


def test_ports_already_given_away_are_never_chosen_again() -> None:
    left = free_port()
    taken = set(range(20_000, 32_000)) - {left}

    assert free_port(taken) == left


def test_many_choices_do_not_collide_with_each_other() -> None:
    chosen: set[int] = set()
    for _ in range(50):
        chosen.add(free_port(chosen))

    assert len(chosen) == 50
