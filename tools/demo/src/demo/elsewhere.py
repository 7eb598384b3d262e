"""The demo on a system that somebody else started, such as `docker compose up`."""

import asyncio
import sys
from dataclasses import dataclass

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict
from rich.console import Console

from demo.play import DemoFailed, play
from demo.stage import Stage
from streaming import service


class Settings(BaseSettings):
    """Read from variables that begin with `DEMO_`."""

    model_config = SettingsConfigDict(env_prefix="DEMO_", frozen=True, hide_input_in_errors=True)

    simulator_url: str = Field(min_length=1)
    kafka_bootstrap_servers: str = Field(min_length=1)
    s3_endpoint_url: str = Field(min_length=1)
    s3_bucket: str = Field(min_length=1)
    s3_access_key_id: str
    s3_secret_access_key: SecretStr
    s3_region: str = "us-east-1"
    chat_page: str | None = None
    """Where a browser finds the simulator; told at the end."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """The bucket, as the variables say."""

    endpoint_url: str
    bucket: str
    access_key_id: str
    secret_access_key: str
    region: str


@dataclass(frozen=True, slots=True)
class Places:
    """Where everything is, as the variables say."""

    simulator: str
    kafka: str
    s3: Bucket


def places(settings: Settings) -> Places:
    """Say where everything is."""
    bucket = Bucket(
        settings.s3_endpoint_url,
        settings.s3_bucket,
        settings.s3_access_key_id,
        settings.s3_secret_access_key.get_secret_value(),
        settings.s3_region,
    )
    return Places(settings.simulator_url, settings.kafka_bootstrap_servers, bucket)


def main() -> None:
    """Show it. Exits with 0 when all was seen, 1 when something was not, 2 without settings."""
    settings = service.settings_or_exit(Settings)
    console = Console(highlight=False)
    try:
        wa_id = asyncio.run(play(places(settings), Stage(console)))
    except DemoFailed as failure:
        console.print(f"demo: {failure}", markup=False, soft_wrap=True)
        sys.exit(1)
    if settings.chat_page is not None:
        console.print(f"Chat page: {settings.chat_page}/?user={wa_id}", soft_wrap=True)


if __name__ == "__main__":
    main()
