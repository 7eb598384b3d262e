"""A table in YAML: by the name of what is looked for, a list of answers; the first that fits."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import structlog
import yaml
from pydantic import TypeAdapter, ValidationError

from lookups.knowledge import Entry, Unreadable

_TABLE: TypeAdapter[Mapping[str, tuple[Entry, ...]]] = TypeAdapter(Mapping[str, tuple[Entry, ...]])
_log = structlog.get_logger(__name__)


class Table:
    """Knowledge in a file, read anew for every question: what is changed counts at once."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def entries(self, name: str) -> Sequence[Entry] | None:
        """See Knowledge."""
        try:
            return self.read().get(name)
        except Unreadable as problem:
            _log.error("the table cannot be read", reason=str(problem))
            raise

    def read(self) -> Mapping[str, Sequence[Entry]]:
        """Return the whole table. Raises Unreadable, which says what is wrong where."""
        try:
            return _TABLE.validate_python(yaml.safe_load(self._file.read_bytes()))
        except OSError as error:
            raise Unreadable(f"{self._file}: {error.strerror}") from None
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            line = f" line {mark.line + 1}" if mark else ""
            raise Unreadable(f"{self._file}{line}: no YAML") from None
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            place = ".".join(str(part) for part in first["loc"])
            raise Unreadable(f"{self._file}: {place}: {first['msg']}") from None
