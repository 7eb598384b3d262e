"""Makes the bucket of file-manager where it is missing; runs once, in the image of file-manager."""

import os
import sys

import boto3
from botocore.exceptions import ClientError

bucket = os.environ["BUCKET"]
s3 = boto3.client("s3")
try:
    s3.head_bucket(Bucket=bucket)
    sys.stdout.write(f"{bucket} is there\n")
except ClientError as error:
    if error.response["ResponseMetadata"]["HTTPStatusCode"] != 404:  # noqa: PLR2004 - not found
        raise
    s3.create_bucket(Bucket=bucket)
    sys.stdout.write(f"made {bucket}\n")
