"""Lets aiobotocore check whose certificate it is shown; left alone it takes anybody's.

It borrows botocore's way to make a TLS context, in which names are not checked because urllib3 does
so afterwards; aiohttp, which it connects by, does not. With a proxy it checks nothing at all. That
holds for the storage as well as for who lends the keys to it, so it is mended for the process. The
path below aiobotocore's public surface is only here.
"""

from pathlib import Path
from typing import Any

import aiohttp
from aiobotocore.httpsession import AIOHTTPSession
from botocore.exceptions import SSLError
from botocore.httpsession import get_cert_path

from streaming.tls import TlsFiles, UnusableFiles


def check() -> None:
    """Check names and certificates on every connection that is made from now on."""
    setattr(AIOHTTPSession, "_create_connector", _checking)  # noqa: B010 mypy takes no assignment


def _checking(session: Any, _proxy: str | None) -> aiohttp.TCPConnector:
    limit, further = session._max_pool_connections, session._connector_args  # noqa: SLF001
    ca = get_cert_path(session._verify)  # noqa: SLF001
    if not ca:
        return aiohttp.TCPConnector(limit=limit, ssl=False, **further)
    try:
        context = TlsFiles(ca=Path(ca)).context()
    except UnusableFiles as problem:
        raise SSLError(endpoint_url="", error=problem) from problem
    return aiohttp.TCPConnector(limit=limit, ssl=context, **further)
