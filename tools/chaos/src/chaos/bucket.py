"""The bucket, read object by object over one connection."""

import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeAlias

import aioboto3
from botocore.exceptions import ClientError

from devstack.endpoints import S3Endpoint

Look: TypeAlias = Callable[[str], Awaitable[str | None]]
"""Gives the SHA-256 in hex of the object under a key, None when there is none."""


@asynccontextmanager
async def looking_into(endpoint: S3Endpoint) -> AsyncIterator[Look]:
    """Open the bucket. The look raises botocore's errors for all but a missing object."""
    session = aioboto3.Session(
        aws_access_key_id=endpoint.access_key_id,
        aws_secret_access_key=endpoint.secret_access_key,
        region_name=endpoint.region,
    )
    async with session.client("s3", endpoint_url=endpoint.endpoint_url) as client:

        async def look(key: str) -> str | None:
            try:
                answer = await client.get_object(Bucket=endpoint.bucket, Key=key)
            except ClientError as error:
                if error.response["Error"]["Code"] in {"NoSuchKey", "404"}:
                    return None
                raise
            return hashlib.sha256(await answer["Body"].read()).hexdigest()

        yield look
