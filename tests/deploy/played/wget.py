#!/usr/local/bin/python3 -I
"""`wget -q -O /dev/null URL`, as the checks of a container ask."""

import sys
import urllib.error
import urllib.request

try:
    urllib.request.urlopen(sys.argv[-1], timeout=2).close()  # noqa: S310 - the check's own address
except (urllib.error.URLError, OSError):
    sys.exit(1)
