"""Transcripts as YAML, as a person would write them."""

from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from domain import events
from flow.comparing import observed_alone

_INLINE = ("buttons", "rows", "contact", "begin", "location", "card", "lookup", "asked", "answers")


class _Inline(dict[str, Any]):
    """Keys on one line."""


class _InlineList(list[Any]):
    """Items on one line."""


class _Dumper(yaml.SafeDumper):
    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: FBT001, FBT002, ARG002  # PyYAML's
        return super().increase_indent(flow, False)


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)
_Dumper.add_representer(
    _Inline, lambda dumper, one: dumper.represent_mapping("tag:yaml.org,2002:map", one, True)
)
_Dumper.add_representer(
    _InlineList, lambda dumper, one: dumper.represent_sequence("tag:yaml.org,2002:seq", one, True)
)


def written(flow: str, transcripts: Sequence[Mapping[str, Any]]) -> str:
    """Write a file of transcripts."""
    told = {"flow": flow, "transcripts": [_transcript(one) for one in transcripts]}
    text: str = yaml.dump(
        told,
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        width=1000,
        default_flow_style=False,
    )
    return text


def _transcript(told: Mapping[str, Any]) -> dict[str, Any]:
    turns = [_inline(turn) for turn in told["turns"]]
    return {**_inline({k: v for k, v in told.items() if k != "turns"}), "turns": turns}


def _inline(told: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _on_one_line(value) if key in _INLINE else value for key, value in told.items()}


def _on_one_line(value: Any) -> Any:
    if isinstance(value, Mapping):
        return _Inline(value)
    return _InlineList(value) if isinstance(value, list | tuple) else value


def expected(happened: Sequence[events.Event]) -> dict[str, Any]:
    """Return what a transcript says of what happened."""
    found = {
        key: value for key, value in observed_alone(happened).items() if value not in ((), None)
    }
    if found.get("ended") == "completed":
        del found["ended"]
    return {key: _one_or_more(key, value) for key, value in found.items()}


def _one_or_more(key: str, value: Any) -> Any:
    if not isinstance(value, tuple):
        return value
    return [*value] if len(value) > 1 or key in ("buttons", "rows") else value[0]
