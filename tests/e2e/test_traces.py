"""Spans for OpenTelemetry, as a collector on loopback receives them."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from e2e.conftest import COMPANY, Desk

trace_service = pytest.importorskip("opentelemetry.proto.collector.trace.v1.trace_service_pb2")
CARD = "cards:\n  ads: {cardholder: acme, type: virtual, currency: usd}\n"
JOB = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[bytes]]:
    received: list[bytes] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_words: object) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Collector)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "none")
    monkeypatch.setenv("TRACEPARENT", JOB)
    yield received
    server.shutdown()
    server.server_close()


def spans(received: list[bytes]) -> list:
    requests = [trace_service.ExportTraceServiceRequest.FromString(body) for body in received]
    return [
        span
        for request in requests
        for resource in request.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]


def attributes(span) -> dict:
    return {each.key: each.value.string_value or each.value.int_value for each in span.attributes}


def test_an_apply_is_a_trace_with_its_steps_and_requests(desk: Desk, collector: list[bytes]):
    desk.write(COMPANY + CARD)

    desk.run("apply", "--auto-approve")

    found = {span.name: span for span in spans(collector)}
    [root] = [span for name, span in found.items() if name.endswith("apply")]
    step, request = found["create cards.ads"], found["POST /v1/issuing/cards"]
    assert root.trace_id.hex() in JOB
    assert attributes(root)["provisioner.exit_code"] == 0
    assert step.parent_span_id == request.parent_span_id == root.span_id
    assert attributes(step)["stripe.request_id"].startswith("req_")
    assert attributes(request)["stripe.request_id"].startswith("req_")
    assert step.start_time_unix_nano < step.end_time_unix_nano
    assert b"sk_test" not in b"".join(collector)


def test_a_command_that_fails_is_a_trace_that_failed(desk: Desk, collector: list[bytes]):
    desk.write(COMPANY + CARD.replace("virtual", "paper"))

    desk.run("plan", code=1)

    [root] = spans(collector)
    assert attributes(root)["provisioner.exit_code"] == 1
    assert root.status.code == 2


def test_a_collector_that_is_gone_changes_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1")
    desk.write(COMPANY + CARD)

    result = desk.run("plan")

    assert "Traceback" not in result.output
    assert "Plan: 2 to create" in result.stdout
