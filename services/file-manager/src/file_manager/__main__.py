"""Reads the environment and runs the service, or does one thing in its bucket."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Annotated, NoReturn, TypeVar

import typer

from domain.ports.file_history import HistoryUnreadable
from domain.ports.files import StorageRefused, StorageUnavailable
from file_manager.adapters.s3_storage import S3Storage
from file_manager.app import build, opened, tidier_of, verifier_of
from file_manager.handlers import SERVICE
from file_manager.settings import Settings
from file_manager.use_cases.object_keys import download_name
from file_manager.use_cases.tidying import Tidied
from file_manager.use_cases.verifying import Verdict
from streaming import logs, service, tracing
from streaming.counting import counted

app = typer.Typer(name=SERVICE, add_completion=False, help=__doc__)

Result = TypeVar("Result")
_Json = Annotated[bool, typer.Option("--json", help="As JSON.")]


@app.callback(invoke_without_command=True)
def run(context: typer.Context) -> None:
    """Run the service until SIGTERM, unless a command is named."""
    if context.invoked_subcommand is not None:
        return
    settings = service.settings_or_exit(Settings)
    logs.configure(SERVICE, settings.instance_id, settings.log_level)
    tracing.setup(
        SERVICE,
        settings.otlp_endpoint,
        sample_ratio=settings.otlp_sample_ratio,
        instance_id=settings.instance_id,
    )
    service.main(lambda: service.run(build(settings)))


@app.command()
def verify(*, as_json: _Json = False) -> None:
    """Compare events with the bucket: is every file there, and no other. Changes nothing."""
    settings = _settings()

    async def compare(storage: S3Storage) -> Verdict:
        return await verifier_of(settings, storage).verify()

    verdict = asyncio.run(_in_bucket(settings, compare))
    typer.echo(json.dumps(_told(verdict), indent=2) if as_json else _lines(verdict))
    sys.exit(0 if verdict.holds else 1)


@app.command()
def janitor(*, as_json: _Json = False) -> None:
    """Tidy the bucket once: uploads that nobody ended, files whose days are over."""
    settings = _settings()

    async def tidy(storage: S3Storage) -> Tidied:
        return await tidier_of(settings, storage).tidy()

    done = asyncio.run(_in_bucket(settings, tidy))
    told = asdict(done)
    typer.echo(json.dumps(told) if as_json else "\n".join(f"{k}: {v}" for k, v in told.items()))


@app.command()
def link(
    key: Annotated[str, typer.Argument(help="Where the file lies: `key` of file.stored.")],
    *,
    seconds: Annotated[int | None, typer.Option(min=1, max=604_800)] = None,
) -> None:
    """Print an address from which the file can be downloaded for a while. It is a secret."""
    settings, name = _settings(), download_name(key)

    async def sign(storage: S3Storage) -> str:
        if name is None or await storage.find(key) is None:
            _fail("there is no such file")
        return await storage.link(key, file_name=name, seconds=seconds or settings.link_seconds)

    typer.echo(asyncio.run(_in_bucket(settings, sign)))


async def _in_bucket(settings: Settings, work: Callable[[S3Storage], Awaitable[Result]]) -> Result:
    try:
        async with opened(settings) as storage:
            return await work(storage)
    except (StorageUnavailable, StorageRefused, HistoryUnreadable) as failure:
        _fail(str(failure))


def _settings() -> Settings:
    settings = service.settings_or_exit(Settings)
    logs.configure(SERVICE, "operator", "warning", stream=sys.stderr)
    return settings


def _told(verdict: Verdict) -> dict[str, object]:
    return {
        "holds": verdict.holds,
        "events": verdict.events,
        "objects": verdict.objects,
        "since": verdict.since and verdict.since.isoformat(),
        "findings": [asdict(one) for one in verdict.findings],
    }


def _lines(verdict: Verdict) -> str:
    found = [f"{one.what}: {one.key}" for one in verdict.findings]
    end = "all as it has to be" if verdict.holds else counted(len(found), "finding")
    seen = f"{counted(verdict.events, 'event')}, {counted(verdict.objects, 'object')}"
    since = f" since {verdict.since:%Y-%m-%d %H:%M:%S}Z" if verdict.since else ""
    return "\n".join([*found, f"{seen}{since}: {end}"])


def _fail(reason: str) -> NoReturn:
    typer.echo(reason, err=True)
    sys.exit(1)


def main() -> None:
    """Run the command line."""
    app()


if __name__ == "__main__":
    main()
