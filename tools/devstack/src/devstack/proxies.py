"""Where somebody's proxies stand between the services and Kafka and PostgreSQL."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Detour:
    """A way to a server: it listens at port `behind` for a proxy at port `proxy`."""

    proxy: int
    behind: int


@dataclass(frozen=True)
class Proxies:
    """The ways of the services. Others reach Kafka by a listener of its own, past the proxy."""

    kafka: Detour
    postgres: Detour
