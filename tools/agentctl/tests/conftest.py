"""Real servers of a test run, as agentctl would be told of them, and a platform on loopback."""

import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from urllib.parse import urlsplit

import asyncpg
import pytest
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.routing import Route

from agentctl.installation import Installation
from devstack import topics
from domain.topics import ALL
from loopback import Answer, Serve, serving
from session_core.app import bring_up_to_date
from simulator.app import build
from simulator.settings import Settings as SimulatorSettings
from simulator.testing import FakeBusiness

TOKEN, APP_SECRET, VERIFY_TOKEN = "token", "app-secret", "verify-token"
NUMBER, ACCOUNT, APP = "106540352242922", "102290129340398", "670843887433847"


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Hand out small servers that answer everything as they are told."""
    async with AsyncExitStack() as running:

        async def one(answer: Answer) -> str:
            methods = ["GET", "POST", "OPTIONS", "PUT"]
            app = Starlette(routes=[Route("/{path:path}", answer, methods=methods)])
            return await running.enter_async_context(serving(app))

        yield one


@pytest.fixture
async def platform() -> AsyncIterator[Installation]:
    """Play the platform; the installation knows of nothing else."""
    business = FakeBusiness(verify_token=VERIFY_TOKEN)
    simulator = build(
        SimulatorSettings(
            webhook_url="https://chat.example.com/webhook",
            app_secret=SecretStr(APP_SECRET),
            verify_token=SecretStr(VERIFY_TOKEN),
            access_token=SecretStr(TOKEN),
            phone_number_id=NUMBER,
            crm_secret=SecretStr("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
        ),
        caller=business,
    )
    async with serving(simulator.web) as address:
        yield Installation(
            graph_url=address,
            access_token=SecretStr(TOKEN),
            phone_number_ids=(NUMBER,),
            business_account_id=ACCOUNT,
            app_id=APP,
            app_secret=SecretStr(APP_SECRET),
            verify_token=SecretStr(VERIFY_TOKEN),
            webhook_url="https://chat.example.com/webhook",
        )
    await simulator.statuses.stop()
    await simulator.delivery.stop()


@pytest.fixture
async def database(postgres: str) -> AsyncIterator[str]:
    """Hand out an empty database of one test."""
    name = f"t{secrets.token_hex(4)}"
    connection = await asyncpg.connect(postgres)
    await connection.execute(f"CREATE DATABASE {name}")
    yield urlsplit(postgres)._replace(path=f"/{name}").geturl()
    await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await connection.close()


@pytest.fixture
async def store_site(database: str) -> Installation:
    """Know of a database that has its shape."""
    site = Installation(database_url=SecretStr(database))
    await bring_up_to_date(site.store())
    return site


@pytest.fixture
async def cluster_only(kafka: str) -> AsyncIterator[Installation]:
    """Know of a Kafka on which there are no topics yet; those that come are taken away."""
    prefix = f"a{secrets.token_hex(4)}-"
    yield Installation(kafka_bootstrap_servers=kafka, topic_prefix=prefix, operator="kim")
    await topics.delete(kafka, ALL, prefix=prefix)


@pytest.fixture
async def cluster(cluster_only: Installation) -> Installation:
    """Know of a Kafka with all topics."""
    settings = cluster_only.kafka()
    await topics.create(settings.bootstrap_servers, ALL, prefix=settings.topic_prefix)
    return cluster_only
