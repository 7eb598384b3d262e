"""Takes whatever spans are exported, and forgets them. A process of its own."""

import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Take one export."""
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Keep still."""


def main() -> None:
    """Listen at a port until told to stop; write a file once we do."""
    port, listening = sys.argv[1:]
    with ThreadingHTTPServer(("127.0.0.1", int(port)), _Handler) as server:
        Path(listening).touch()
        server.serve_forever()


if __name__ == "__main__":
    main()
