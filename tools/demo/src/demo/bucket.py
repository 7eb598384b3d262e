"""The bucket, looked into as an operator would."""

import hashlib
from dataclasses import dataclass

import aioboto3

from demo.places import Bucket


@dataclass(frozen=True, slots=True)
class Found:
    """An object of the bucket, its bytes read and counted."""

    size: int
    sha256: str
    content_type: str


async def look(endpoint: Bucket, key: str) -> Found:
    """Read the whole object and return what it really holds."""
    async with aioboto3.Session().client(
        "s3",
        endpoint_url=endpoint.endpoint_url,
        aws_access_key_id=endpoint.access_key_id,
        aws_secret_access_key=endpoint.secret_access_key,
        region_name=endpoint.region,
    ) as client:
        answer = await client.get_object(Bucket=endpoint.bucket, Key=key)
        content = await answer["Body"].read()
    return Found(len(content), hashlib.sha256(content).hexdigest(), answer["ContentType"])
