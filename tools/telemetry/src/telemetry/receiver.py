"""Takes spans over OTLP/HTTP, as a collector does, and writes each as a line into a file."""

import gzip
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, TextIO

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from telemetry.spans import Exported, Linked

_PATH = "/v1/traces"
_TYPE = "application/x-protobuf"
_ENDS_WITHIN_S = 10


@contextmanager
def receiving(file: Path, *, port: int = 0) -> Iterator[str]:
    """Receive until the end; give the address that services are to export to."""
    with file.open("a", encoding="utf-8") as out:
        server = _Server(("127.0.0.1", port), out)
        serving = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        serving.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            server.server_close()
            serving.join(_ENDS_WITHIN_S)
            server.end()


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    block_on_close = False

    def __init__(self, address: tuple[str, int], out: TextIO) -> None:
        super().__init__(address, _Handler)
        self._out = out
        self._one_at_a_time = threading.Lock()
        self._ended = False

    def handle_error(self, *request: Any) -> None:
        """Keep still about services that were killed while they exported."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(*request)

    def write(self, lines: Iterable[str]) -> bool:
        """Add whole lines, unless it is too late: connections outlive the server."""
        with self._one_at_a_time:
            if not self._ended:
                self._out.writelines(f"{line}\n" for line in lines)
                self._out.flush()
            return not self._ended

    def end(self) -> None:
        """Write nothing any more."""
        with self._one_at_a_time:
            self._ended = True


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30
    server: _Server

    def do_POST(self) -> None:
        """Answer one export."""
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        if self.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        request = ExportTraceServiceRequest()
        if self.path != _PATH or self.headers.get("content-type") != _TYPE:
            self._answer(HTTPStatus.NOT_FOUND)
            return
        request.ParseFromString(body)
        written = self.server.write(span.line() for span in spans_of(request))
        self._answer(HTTPStatus.OK if written else HTTPStatus.SERVICE_UNAVAILABLE)

    def log_message(self, *_: object) -> None:
        """Keep still."""

    def _answer(self, status: HTTPStatus) -> None:
        content = ExportTraceServiceResponse().SerializeToString()
        self.send_response(status)
        self.send_header("content-type", _TYPE)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def spans_of(request: ExportTraceServiceRequest) -> Iterator[Exported]:
    """Give all spans of an export."""
    for of_one in request.resource_spans:
        resource = _read_all(of_one.resource.attributes)
        for scope in of_one.scope_spans:
            for span in scope.spans:
                yield _span(span, resource)


def _span(span: Span, resource: dict[str, Any]) -> Exported:
    links = tuple(
        Linked(link.trace_id.hex(), link.span_id.hex(), _read_all(link.attributes))
        for link in span.links
    )
    beside = [*map(str, span.events), span.status.message, span.trace_state]
    return Exported(
        service=str(resource.get("service.name", "")),
        name=span.name,
        kind=Span.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_"),
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent_id=span.parent_span_id.hex(),
        begin=span.start_time_unix_nano,
        end=span.end_time_unix_nano,
        status=Status.StatusCode.Name(span.status.code).removeprefix("STATUS_CODE_"),
        attributes=_read_all(span.attributes),
        links=links,
        resource=resource,
        beside="".join(beside),
    )


def _read_all(given: Iterable[KeyValue]) -> dict[str, Any]:
    return {one.key: _read(one.value) for one in given}


def _read(value: AnyValue) -> Any:
    kind = value.WhichOneof("value")
    match kind:
        case None:
            return None
        case "array_value":
            return [_read(one) for one in value.array_value.values]
        case "kvlist_value":
            return _read_all(value.kvlist_value.values)
        case "bytes_value":
            return value.bytes_value.hex()
        case _:
            return getattr(value, kind)
