"""Regular expressions that authors write."""

import re2

_SILENT = re2.Options()
_SILENT.log_errors = False  # the author is told; the library would write to stderr, too


def why_unreadable(pattern: str) -> str | None:
    """Say what RE2 cannot read in a pattern, if anything."""
    try:
        re2.compile(pattern, _SILENT)
    except re2.error as error:
        why = error.args[0] if error.args else ""
        said = why.decode(errors="replace") if isinstance(why, bytes) else str(why)
        return f"is not a regular expression that RE2 knows: {said}"
    except UnicodeEncodeError:
        return "has signs that are no letters"
    return None
