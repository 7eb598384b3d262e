"""Reads the environment and starts the sender; nothing else."""

from typing import NoReturn

from sender.app import build
from sender.settings import Settings
from streaming import logs, service, tracing


async def _run(settings: Settings) -> None:
    end_tracing = tracing.setup(
        "sender",
        settings.otlp_endpoint,
        sample_ratio=settings.otlp_sample_ratio,
        instance_id=settings.instance_id,
    )
    try:
        await service.run(build(settings))
    finally:
        end_tracing()


def main() -> NoReturn:
    """Run until told to stop."""
    settings = service.settings_or_exit(Settings)
    logs.configure("sender", settings.instance_id, settings.log_level)
    service.main(lambda: _run(settings))


if __name__ == "__main__":
    main()
