"""What a topic lacks of the settings that the domain gives it."""

from collections.abc import Mapping

from domain.topics import Topic


def wrong_settings(topic: Topic, found: Mapping[str, str]) -> Mapping[str, str]:
    """Give the settings that the topic should have and has not."""
    return {
        name: value
        for name, value in topic.settings.items()
        if _set(found.get(name, "")) != _set(value)
    }


def _set(value: str) -> frozenset[str]:
    return frozenset(value.split(","))
