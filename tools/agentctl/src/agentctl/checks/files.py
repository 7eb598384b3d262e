"""Is the bucket there."""

from collections.abc import Sequence

from agentctl.adapters.bucket import BucketTrouble, reach
from agentctl.findings import Finding, failed, ok, skipped
from agentctl.installation import Installation

CHECK = "s3"


async def files(site: Installation) -> Sequence[Finding]:
    """Check that the bucket answers with our keys."""
    if (bucket := site.bucket()) is None:
        return [skipped(CHECK, "nobody said which bucket", "set AGENT_S3_BUCKET")]
    try:
        await reach(bucket)
    except BucketTrouble as trouble:
        return [failed(CHECK, f"bucket {bucket.name}: {trouble}", trouble.mend)]
    return [ok(CHECK, f"bucket {bucket.name}")]
