"""What came of everything: the commands that the services wrote, and what lies in the bucket."""

import hashlib
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aioboto3
from aiokafka import AIOKafkaConsumer

from devstack.endpoints import S3Endpoint
from streaming import cloudevents


@dataclass
class Told:
    """A topic from its beginning. The same id is the same thing, however often it stands there."""

    consumer: AIOKafkaConsumer
    by_id: dict[str, tuple[str, Mapping[str, Any]]] = field(default_factory=dict)
    records: int = 0

    async def look(self) -> None:
        """Read what there is by now."""
        fetched = await self.consumer.getmany(timeout_ms=200)
        for record in (one for records in fetched.values() for one in records):
            event = cloudevents.decode(record.value, record.headers)
            self.by_id[event.id] = event.type, json.loads(event.data)
            self.records += 1

    def of(self, field_name: str, *types: str) -> Mapping[str, list[Mapping[str, Any]]]:
        """Group what is of these types by what they name."""
        found: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
        for kind, data in self.by_id.values():
            if kind in types:
                found[data[field_name]].append({**data, "type": kind})
        return found


@asynccontextmanager
async def told_in(kafka: str, topic: str) -> AsyncIterator[Told]:
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=kafka, auto_offset_reset="earliest")
    async with consumer:
        yield Told(consumer)


@dataclass(frozen=True)
class Bucket:
    """What lies in the bucket below a prefix, and what was begun there and never ended."""

    hashes: Mapping[str, str]
    unended: list[str]


async def look_into(s3: S3Endpoint, prefix: str) -> Bucket:
    """Read every object below the prefix."""
    session = aioboto3.Session(s3.access_key_id, s3.secret_access_key, region_name=s3.region)
    async with session.client("s3", endpoint_url=s3.endpoint_url) as client:
        pages = client.get_paginator("list_objects_v2").paginate(Bucket=s3.bucket, Prefix=prefix)
        keys = [one["Key"] async for page in pages for one in page.get("Contents", [])]
        hashes = {}
        for key in keys:
            found = await client.get_object(Bucket=s3.bucket, Key=key)
            hashes[key] = hashlib.sha256(await found["Body"].read()).hexdigest()
        unended = await client.list_multipart_uploads(Bucket=s3.bucket, Prefix=prefix)
    return Bucket(hashes, [one["Key"] for one in unended.get("Uploads", [])])
