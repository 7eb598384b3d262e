"""Reads the environment and runs the simulator until it is told to stop."""

from typing import NoReturn

from simulator.app import build
from simulator.settings import Settings
from streaming import logs, service


def main() -> NoReturn:
    """Run until SIGTERM; exit 0, or 1 when a part failed, or 2 when a setting is missing."""
    settings = service.settings_or_exit(Settings)
    logs.configure("simulator", settings.instance_id, settings.log_level)
    service.main(lambda: _run(settings))


async def _run(settings: Settings) -> None:
    await service.run(build(settings).service())


if __name__ == "__main__":
    main()
