"""Cuts what was polled into batches."""

from collections.abc import Iterator, Sequence

from domain.ports.command_source import Delivery


def portions(deliveries: Sequence[Delivery], most_bytes: int) -> Iterator[list[Delivery]]:
    """Cut what was polled into batches of at most so many bytes, but at least one command."""
    portion: list[Delivery] = []
    size = 0
    for delivery in deliveries:
        if portion and size + delivery.size > most_bytes:
            yield portion
            portion, size = [], 0
        portion.append(delivery)
        size += delivery.size
    if portion:
        yield portion
