"""A batch is written whole or not at all: a small one by one statement, a large one by COPY.

Both begin with the fence: only shards whose row still has our epoch and offset are let in.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from domain.ports.event_store import Append, StoreRefused
from session_core.adapters import event_rows
from session_core.adapters.append_shares import CLAIM, EVENTS, OTHERS, Row, Share

COPIED_FROM = 100
"""With so many events COPY saves more than the three round trips cost that it takes."""
_COLUMNS = (*event_rows.COLUMNS, "shard")
_LET_IN = Share(
    ("smallint", "bigint"),
    "claim AS (SELECT shard, base FROM {rows} AS c (shard, base))",
    lambda _: [],
)


async def append(connection: Any, appends: Sequence[Append]) -> Mapping[int, int]:
    """Give the shards that were let in, each with the number before its first new event."""
    if sum(len(one.events) for one in appends) < COPIED_FROM:
        return await _at_once(connection, appends)
    async with connection.transaction():
        return await by_copy(connection, appends)


async def _at_once(connection: Any, appends: Sequence[Append]) -> Mapping[int, int]:
    shares, columns = _filled((EVENTS, *OTHERS), appends)
    claims = CLAIM.columns(appends)
    return dict(await connection.fetch(statement((CLAIM, *shares)), *claims, *columns))


async def by_copy(connection: Any, appends: Sequence[Append]) -> Mapping[int, int]:
    """Do the same within a transaction: it holds the rows of the shards until the commit."""
    bases = dict(await connection.fetch(statement((CLAIM,)), *CLAIM.columns(appends)))
    let_in = [one for one in appends if one.shard in bases]
    try:
        await connection.copy_records_to_table(
            "event", records=rows_of(let_in, bases), columns=_COLUMNS
        )
    except (ArithmeticError, TypeError, ValueError) as error:
        raise StoreRefused(type(error).__name__) from error
    shares, columns = _filled(OTHERS, let_in)
    if shares:
        where = [list(bases), list(bases.values())]
        await connection.execute(statement((_LET_IN, *shares)), *where, *columns)
    return bases


def rows_of(appends: Sequence[Append], bases: Mapping[int, int]) -> Iterator[Row]:
    """Give the rows of the events, numbered after what their shard had come to."""
    for one in appends:
        shard = one.shard
        for number, event in enumerate(one.events, start=bases[shard] + 1):
            stream, version, identity, kind, data, origin = event
            yield number, stream, version, identity, kind, data, *origin, shard


def _filled(
    shares: Sequence[Share], appends: Sequence[Append]
) -> tuple[tuple[Share, ...], list[list[Any]]]:
    """Leave out what would do nothing: the server would begin and end it all the same."""
    given = [(share, share.columns(appends)) for share in shares]
    filled = [(share, columns) for share, columns in given if columns and columns[0]]
    return tuple(share for share, _ in filled), [one for _, columns in filled for one in columns]


@lru_cache(maxsize=512)  # more than there can be
def statement(shares: Sequence[Share]) -> str:
    """Write the statement of these shares, with a parameter for each of their columns."""
    written, first = [], 1
    for share in shares:
        arrays = (f"${number}::{kind}[]" for number, kind in enumerate(share.types, start=first))
        written.append(share.sql.format(rows=f"unnest({', '.join(arrays)})"))
        first += len(share.types)
    return f"WITH {','.join(written)}\nSELECT shard, base FROM claim"
