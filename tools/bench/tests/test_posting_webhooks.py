"""The webhooks of the bench are those that ingress takes, in the sizes that are promised."""

from datetime import UTC, datetime
from itertools import islice
from statistics import mean

from bench.claim import NUMBER
from bench.webhooks import SECRET, messages, posts, requests, sizes_of_posts
from ingress.handlers.signature import Signatures
from ingress.use_cases.reading import read

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)


def commands(body: bytes) -> int:
    reading = read(body, AT, numbers={NUMBER})
    assert not reading.parked
    return len(reading.commands)


def test_a_post_holds_1_to_50_updates_and_10_on_average() -> None:
    sizes = list(islice(sizes_of_posts(), 50_000))

    assert (min(sizes), max(sizes)) == (1, 50)
    assert 9.8 < mean(sizes) < 10.2


def test_every_update_becomes_one_command() -> None:
    made = list(posts(500, sizes_of_posts()))

    assert sum(post.updates for post in made) == 500
    assert [commands(post.body) for post in made] == [post.updates for post in made]


def test_a_message_comes_alone_and_no_two_bodies_are_alike() -> None:
    bodies = messages(20) + messages(20, first=20)

    assert {commands(body) for body in bodies} == {1}
    assert len(set(bodies)) == 40


def test_each_request_is_signed_as_whatsapp_signs() -> None:
    for request in requests(messages(5)):
        head, _, body = request.partition(b"\r\n\r\n")
        lines = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])

        assert int(lines["Content-Length"]) == len(body)
        assert Signatures([SECRET]).prove(body, lines["X-Hub-Signature-256"].encode())
