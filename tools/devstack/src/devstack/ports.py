"""Free loopback ports, outside the range from which the kernel lends ports to clients."""

import random
import socket
from collections.abc import Container

LOOPBACK = "127.0.0.1"
# Below every system's ephemeral range: while a process is being restarted, no client's outgoing
# connection can take its port.
_CANDIDATES = range(20_000, 32_000)


def free_port(taken: Container[int] = ()) -> int:
    """Return a port nobody listens on and that is not among `taken`."""
    chooser = random.SystemRandom()
    while True:
        port = chooser.choice(_CANDIDATES)
        if port not in taken and is_free(port):
            return port


def is_free(port: int) -> bool:
    """Tell whether a server could listen on `port` of the loopback interface now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True
