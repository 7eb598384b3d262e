"""Reads the environment and runs crm-notifier until it is told to stop, or tries a map out."""

import sys
from typing import NoReturn

from crm_notifier.app import build
from crm_notifier.handlers import SERVICE
from crm_notifier.settings import Settings
from crm_notifier.terminal import COMMANDS, command
from streaming import logs, service, tracing


def main() -> NoReturn:
    """Run the service, or the command that was given.

    The service exits with 0 when told to stop, 1 when a part failed, 2 without settings.
    """
    if sys.argv[1:2] and sys.argv[1] in COMMANDS:
        sys.exit(command(sys.argv[1:], sys.stdin, sys.stdout))
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
