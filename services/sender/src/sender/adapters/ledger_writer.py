"""Writes the pages that were taken over: what waits on all of them goes out in one request."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Collection, Mapping, Sequence

import structlog
from aiokafka import AIOKafkaClient
from aiokafka.errors import DuplicateSequenceNumber, KafkaError, NoError, for_code
from aiokafka.protocol.produce import ProduceRequest

from domain.ports.sending_ledger import LedgerUnavailable
from sender.adapters.ledger_page import LedgerPage

_KEEP_SECONDS = 10.0
"""For how long a batch is given to Kafka again and again."""
_PAUSE_SECONDS = 0.05
_END_SECONDS = 2.0
_ALL_REPLICAS = -1
_log = structlog.get_logger(__name__)


class LedgerWriter:
    """Keeps records, in order per page, with one request under way to each of Kafka's nodes.

    Records that come meanwhile go into the next one together; nobody lingers. After a failure
    nothing more is written to a page, and `lost` is called: who owns it is not certain.
    """

    def __init__(
        self, client: AIOKafkaClient, pages: Collection[LedgerPage], lost: Callable[[], None]
    ) -> None:
        self._client = client
        self._pages = {page.at.partition: page for page in pages}
        self._tell_lost = lost
        self._serving: dict[int | None, asyncio.Task[None]] = {}

    async def write(
        self, partition: int, key: bytes, value: bytes | None, headers: list[tuple[str, bytes]]
    ) -> None:
        """Return once the record is kept. Raises LedgerUnavailable."""
        page = self._pages.get(partition)
        if page is None:
            raise LedgerUnavailable("the page was not taken over")
        if page.lost is None and page.is_stale:
            self._lose(page, "the page has served its time")
        kept = page.add(key, value, headers)
        self._serve(self._leader(page))
        await kept

    async def close(self) -> None:
        """Keep what is under way, unless that takes long; harmless to repeat."""
        if self._serving:
            await asyncio.wait(self._serving.values(), timeout=_END_SECONDS)
        serving = list(self._serving.values())
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)
        for page in self._pages.values():
            if page.lost is None:
                page.lose("the ledger was closed")
        with contextlib.suppress(KafkaError, OSError):
            async with asyncio.timeout(_END_SECONDS):
                await self._client.close()

    def _serve(self, node: int | None) -> None:
        if node not in self._serving:
            task = asyncio.create_task(self._keep_serving(node), name="keep-ledger")
            self._serving[node] = task

    async def _keep_serving(self, node: int | None) -> None:
        """Serve the pages that a node leads; `None` stands for nodes that are not known."""
        while due := self._due(node):
            try:
                again = await self._serve_once(node, due)
            except Exception as error:  # noqa: BLE001 whatever it was, nobody may wait for ever
                for page in due:
                    self._lose(page, type(error).__name__)
                continue
            if again:
                await asyncio.sleep(_PAUSE_SECONDS)
                await self._client.force_metadata_update()
        del self._serving[node]
        for page in self._pages.values():
            if page.has_something:
                self._serve(self._leader(page))  # another node leads it now

    async def _serve_once(self, node: int | None, pages: Sequence[LedgerPage]) -> bool:
        """Say whether something has to be tried again."""
        failures = await self._exchange(node, pages)
        tried = [self._answered(page, failure) for page, failure in failures.items()]
        return any(tried)

    def _due(self, node: int | None) -> Sequence[LedgerPage]:
        pages = self._pages.values()
        return [page for page in pages if page.has_something and self._leader(page) == node]

    async def _exchange(
        self, node: int | None, pages: Sequence[LedgerPage]
    ) -> Mapping[LedgerPage, type[KafkaError]]:
        """Return what Kafka says to the batch of each of these pages."""
        contents = [(page.at.partition, page.batch().content) for page in pages]
        request = ProduceRequest(
            transactional_id=None,
            required_acks=_ALL_REPLICAS,
            timeout=int(_KEEP_SECONDS * 1000),
            topics=[(pages[0].at.topic, contents)],
        )
        try:
            answer = await self._client.send(node, request)
        except KafkaError as error:
            return dict.fromkeys(pages, type(error))
        [(_, answers)] = answer.topics
        codes = {partition: code for partition, code, *_ in answers}
        return {page: for_code(codes[page.at.partition]) for page in pages}

    def _answered(self, page: LedgerPage, failure: type[KafkaError]) -> bool:
        """Take note of an answer; say whether the batch has to be tried again."""
        if failure in (NoError, DuplicateSequenceNumber):
            page.settle()
        elif not failure.retriable or time.monotonic() - page.batch().made_at > _KEEP_SECONDS:
            self._lose(page, failure.__name__)
        else:
            return True
        return False

    def _lose(self, page: LedgerPage, reason: str) -> None:
        page.lose(reason)
        _log.warning("ledger.page-lost", partition=page.at.partition, reason=reason)
        self._tell_lost()

    def _leader(self, page: LedgerPage) -> int | None:
        node: int | None = self._client.cluster.leader_for_partition(page.at)
        return None if node == -1 else node
