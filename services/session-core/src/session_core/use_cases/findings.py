"""Sentences about what is not as it should be: each is counted, only the first are kept."""

from collections.abc import Iterable

from streaming.counting import counted

MOST_KEPT = 100


class Findings:
    """Grows no further however much is wrong. Sentences name ids, never a person."""

    def __init__(self) -> None:
        self._kept: list[str] = []
        self._left_out = 0
        self.count = 0

    def add(self, sentence: str, *, times: int = 1) -> None:
        """Write one down; `times` is how many things it speaks of."""
        self.count += times
        if len(self._kept) < MOST_KEPT:
            self._kept.append(sentence)
        else:
            self._left_out += 1

    def extend(self, sentences: Iterable[str]) -> None:
        """Write down several."""
        for sentence in sentences:
            self.add(sentence)

    @property
    def sentences(self) -> tuple[str, ...]:
        """What was kept, in the order of discovery, and how much was not."""
        rest = (f"and {counted(self._left_out, 'finding')} more",) if self._left_out else ()
        return (*self._kept, *rest)
