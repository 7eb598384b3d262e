"""Tells a container engine whether the service in its container is well: leaves with 0 or 1.

`python -IS health.py VARIABLE [PATH]`: VARIABLE names the port; PATH is /livez unless said.
"""

import http.client
import os
import sys

PATIENCE_S = 5


def is_well(port: int, path: str) -> bool:
    """Say whether the service answers 200."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    variable, path = (*sys.argv[1:], "/livez")[:2]
    sys.exit(0 if is_well(int(os.environ[variable]), path) else 1)
