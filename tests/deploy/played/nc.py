#!/usr/local/bin/python3 -IS
"""`nc -z HOST PORT`, as the checks of a container ask."""

import socket
import sys

try:
    socket.create_connection((sys.argv[2], int(sys.argv[3])), timeout=2).close()
except OSError:
    sys.exit(1)
