"""What is sent to S3 in one call, as aiohttp takes it."""

from io import BytesIO


class Body(BytesIO):
    """Bytes to be sent, which nobody changes.

    aiohttp asks for the buffer to know its size, for which CPython copies what it shares with the
    bytes: of a part 8 MiB, and 10 ms of a core. A view of the bytes says as much.
    """

    def __init__(self, content: bytes) -> None:
        super().__init__(content)
        self._content = content

    def getbuffer(self) -> memoryview:
        """Return a view that cannot be written to."""
        return memoryview(self._content)
