"""Where a text that is too long is cut: between sentences, else words, never inside a letter."""

import re
import unicodedata

_SENTENCE_END = re.compile(
    r"\n+"
    r"|[.!?…]+[\"'”’»)\]]*\s+"  # noqa: RUF001  # the next sentence begins after a blank
    r"|[。！？]+[」』”’）]*\s*"  # noqa: RUF001  # where no blank is written between sentences
)
_BLANK = re.compile(r"\s+")
_LONGEST_SENTENCE_END = 8
_JOINERS = frozenset("\u200d\u200c")
_MODIFIERS = range(0x1F3FB, 0x1F400)
_FLAG_LETTERS = range(0x1F1E6, 0x1F200)
_TAGS = range(0xE0020, 0xE0080)
_INNER_JAMO = range(0x1160, 0x1200)


def split(text: str, most: int) -> list[str]:
    """Return the text in parts of at most `most` characters; only blanks at the cuts are lost."""
    parts: list[str] = []
    while len(text := text.strip()) > most:
        cut = _last_cut(text, most)
        parts.append(text[:cut].rstrip())
        text = text[cut:]
    return [*parts, text] if text else parts


def split_off_end(text: str, most: int) -> tuple[str, str]:
    """Return the text in two, of which the second is as much of the end as `most` allows."""
    text = text.strip()
    if len(text) <= most:
        return "", text
    cut = _first_cut(text, len(text) - most)
    return text[:cut].rstrip(), text[cut:].lstrip()


def _last_cut(text: str, most: int) -> int:
    """Return the last place to cut at or before `most`."""
    for pattern in (_SENTENCE_END, _BLANK):
        # The blank after the last word that fits may stand beyond the limit.
        found = [one for one in pattern.finditer(text, 0, most + 1) if _kept(one) <= most]
        places = [one.end() for one in found if not _is_inside_letter(text, one.end())]
        if places:
            return places[-1]
    at = most
    while at > 1 and _is_inside_letter(text, at):
        at -= 1
    return at if at > 1 else most


def _first_cut(text: str, least: int) -> int:
    """Return the first place to cut at or after `least`, and before the end."""
    for pattern in (_SENTENCE_END, _BLANK):
        for found in pattern.finditer(text, max(0, least - _LONGEST_SENTENCE_END)):
            at = found.end()
            if least <= at < len(text) and not _is_inside_letter(text, at):
                return at
    at = least
    while at < len(text) and _is_inside_letter(text, at):
        at += 1
    return at if at < len(text) else least


def _kept(found: re.Match[str]) -> int:
    """Return where the words before the cut end: its blanks go."""
    return found.start() + len(found[0].rstrip())


def _is_inside_letter(text: str, at: int) -> bool:
    """Say whether a cut there parts what is seen as one: marks, joined emoji, flags, syllables."""
    before, after = text[at - 1], text[at]
    code = ord(after)
    if unicodedata.category(after).startswith("M") or after in _JOINERS or before in _JOINERS:
        return True
    if code in _MODIFIERS or code in _TAGS or code in _INNER_JAMO:
        return True
    return code in _FLAG_LETTERS and _flag_letters_before(text, at) % 2 == 1


def _flag_letters_before(text: str, at: int) -> int:
    start = at
    while start and ord(text[start - 1]) in _FLAG_LETTERS:
        start -= 1
    return at - start
