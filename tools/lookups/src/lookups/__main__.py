"""Reads the environment and answers lookups until it is told to stop."""

import sys

from lookups.app import build
from lookups.handlers import SERVICE
from lookups.knowledge import Unreadable
from lookups.settings import Settings
from streaming import logs, service, tracing


def main() -> None:
    """Run the service. Exits with 0 when told to stop, 1 when a part failed, 2 without settings."""
    settings = service.settings_or_exit(Settings)
    logs.configure(SERVICE, settings.instance_id, settings.log_level)
    tracing.setup(
        SERVICE,
        settings.otlp_endpoint,
        sample_ratio=settings.otlp_sample_ratio,
        instance_id=settings.instance_id,
    )
    try:
        built = build(settings)
    except Unreadable as problem:
        sys.exit(f"the table is wrong: {problem}")
    service.main(lambda: service.run(built))


if __name__ == "__main__":
    main()
