"""Reads the environment and runs ingress; nothing else."""

from typing import NoReturn

from ingress.app import build
from ingress.settings import Settings
from streaming import logs, service, tracing


def main() -> NoReturn:
    """Run until SIGTERM."""
    settings = service.settings_or_exit(Settings)
    logs.configure("ingress", settings.instance_id, settings.log_level)
    flush = tracing.setup(
        "ingress",
        settings.otlp_endpoint,
        sample_ratio=settings.otlp_sample_ratio,
        instance_id=settings.instance_id,
    )

    async def run() -> None:
        try:
            await service.run(build(settings))
        finally:
            flush()

    service.main(run)


if __name__ == "__main__":
    main()
