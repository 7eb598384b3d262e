#!/usr/local/bin/python3
"""Answers the check of its container; that is all that can be had of Grafana from packages."""

import os
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

assert os.environ["GF_SECURITY_ADMIN_PASSWORD"]
for folder in ("/etc/grafana/provisioning/datasources", "/etc/grafana/provisioning/dashboards"):
    assert list(Path(folder).glob("*.yaml")), f"{folder} is empty"


class Health(BaseHTTPRequestHandler):
    """Is always well."""

    def do_GET(self) -> None:
        """Answer."""
        self.send_response(200 if self.path == "/api/health" else 404)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing of requests."""


HTTPServer(("0.0.0.0", 3000), Health).serve_forever()  # noqa: S104 - in a container
