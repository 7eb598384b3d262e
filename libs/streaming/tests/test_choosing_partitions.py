"""A key's records lie where every other client of Kafka would put them."""

import pytest
from aiokafka.partitioner import DefaultPartitioner
from hypothesis import example, given
from hypothesis import strategies as st

from streaming.partitioning import partition_of


@given(key=st.binary(max_size=100), partitions=st.integers(1, 1000))
@example(key=b"", partitions=6)
@example(key=b"106540352242922/15551234567", partitions=6)
def test_a_key_belongs_to_the_same_partition_for_everybody(key: bytes, partitions: int) -> None:
    everywhere = list(range(partitions))

    assert partition_of(key, partitions) == DefaultPartitioner()(key, everywhere, everywhere)


@pytest.mark.parametrize("key", [b"21", b"foobar", b"a-little-bit-long-string"])
def test_java_puts_them_there_too(key: bytes) -> None:
    java = {b"21": -973932308, b"foobar": -790332482, b"a-little-bit-long-string": -985981536}

    assert partition_of(key, 97) == (java[key] & 0x7FFFFFFF) % 97
