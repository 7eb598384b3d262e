"""Reads the environment and runs file-manager until it is told to stop."""

from typing import NoReturn

from file_manager.app import build
from file_manager.handlers import SERVICE
from file_manager.settings import Settings
from streaming import logs, service, tracing


def main() -> NoReturn:
    """Run the service. Exits with 0 when told to stop, 1 when a part failed, 2 without settings."""
    settings = service.settings_or_exit(Settings)
    logs.configure(SERVICE, settings.instance_id, settings.log_level)
    tracing.setup(
        SERVICE,
        settings.otlp_endpoint,
        sample_ratio=settings.otlp_sample_ratio,
        instance_id=settings.instance_id,
    )
    service.main(lambda: service.run(build(settings)))


if __name__ == "__main__":
    main()
