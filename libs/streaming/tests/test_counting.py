"""One is one and not several."""

import pytest

from streaming.counting import counted


@pytest.mark.parametrize(
    ("number", "told"), [(0, "0 shards"), (1, "1 shard"), (2, "2 shards"), (12, "12 shards")]
)
def test_a_number_and_what_it_counts_agree(number: int, told: str) -> None:
    assert counted(number, "shard") == told
