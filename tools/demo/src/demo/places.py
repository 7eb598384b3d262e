"""Where the demo finds the system that it shows."""

from typing import Protocol


class Bucket(Protocol):
    """Where the stored photo lies, and the keys to it."""

    @property
    def endpoint_url(self) -> str:
        """Address of the S3 server."""

    @property
    def bucket(self) -> str:
        """Name of the bucket."""

    @property
    def access_key_id(self) -> str:
        """Name of the key."""

    @property
    def secret_access_key(self) -> str:
        """The key."""

    @property
    def region(self) -> str:
        """Region that requests are signed for."""


class Places(Protocol):
    """What the demo talks to."""

    @property
    def simulator(self) -> str:
        """Address of the simulated WhatsApp."""

    @property
    def kafka(self) -> str:
        """Bootstrap servers."""

    @property
    def s3(self) -> Bucket:
        """The bucket of the file-manager."""
