"""S3, asked whether the bucket is there for us."""

import asyncio

import aioboto3
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    NoCredentialsError,
    PartialCredentialsError,
    SSLError,
)

from agentctl.adapters.http import host_of
from file_manager.adapters.s3_bucket import Bucket

_MENDS = {
    "403": "grant what file-manager's README lists on it, such as s3:ListBucket",
    "404": "create it, or correct its name",
    "301": "correct the region",
    "400": "correct access key and secret key",
    "InvalidAccessKeyId": "correct the access key",
    "SignatureDoesNotMatch": "correct the secret key",
    "RequestTimeTooSkewed": "let NTP set this machine's clock",
}
_NO_KEYS = "give access key and secret key, or a role (web identity, instance) with `chain`"
_WORDS = {
    "403": "access is denied",
    "404": "it is not there",
    "301": "it is in another region",
    "400": "the keys are refused",
}


class BucketTrouble(Exception):
    """The bucket cannot be used; says why, and what may help."""

    def __init__(self, why: str, mend: str) -> None:
        super().__init__(why)
        self.mend = mend


async def reach(bucket: Bucket) -> None:
    """Return if the bucket answers with our keys. Raises BucketTrouble."""
    client = aioboto3.Session().client("s3", **bucket.client_arguments())
    try:
        async with asyncio.timeout(3 * bucket.answer_seconds), client as s3:
            await s3.head_bucket(Bucket=bucket.name)
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", "unknown"))
        words = _WORDS.get(code, f"S3 answered {code}")
        raise BucketTrouble(words, _MENDS.get(code, "look at the storage's log")) from None
    except ValueError:
        raise BucketTrouble(
            "its endpoint is no web address", "it begins with https:// or http:// and a host"
        ) from None
    except (BotoCoreError, OSError) as error:
        host = host_of(bucket.endpoint_url or "https://s3.amazonaws.com")
        if isinstance(error, SSLError):
            raise BucketTrouble(
                f"the certificate of {host} is not trusted", "give the CA that signed it"
            ) from None
        if isinstance(error, NoCredentialsError | PartialCredentialsError):
            raise BucketTrouble("there are no credentials", _NO_KEYS) from None
        raise BucketTrouble(
            f"{host} cannot be reached: {type(error).__name__}", "correct the address, or start it"
        ) from None
