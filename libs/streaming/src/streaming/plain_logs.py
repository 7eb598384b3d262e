"""pytest plugin: in tests a line of the log is one plain line, shown where a test fails.

Unconfigured, structlog draws tracebacks with every local variable; that blocks the event loop for
seconds. Activate it in the root conftest: `pytest_plugins = [..., "streaming.plain_logs"]`.
"""

import structlog

from streaming.logs import describe_exception


def pytest_runtest_setup() -> None:
    """Begin each test with plain logs, whatever the last one configured."""
    configure()


def configure() -> None:
    """Hand lines to the standard library's logging, which pytest captures; `--log-level` rules."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.contextvars.merge_contextvars,
            describe_exception,
            structlog.processors.KeyValueRenderer(key_order=["event"]),
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        context_class=dict,
        cache_logger_on_first_use=False,
    )
