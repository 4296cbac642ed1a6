"""
OpenTelemetry traces: one span for the command, and one for each step and each request to Stripe.

Spans are exported if the extra `otel` is installed and OpenTelemetry's own variables name a destination:
opentelemetry.io/docs/specs/otel/protocol/exporter.
"""

import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from provisioner._version import __version__
from provisioner.cli.terminal.log import listen

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.trace import Tracer

WHERE = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
PARENT = "TRACEPARENT"  # the parent span of the job that runs the command; www.w3.org/TR/trace-context
NANO = 1_000_000_000
GOOD = (0, 2)  # exit codes of success; 2 means that there are changes


class _Spans(logging.Handler):
    """Makes a span of each log record about a step or a request; the span ends at the time of the record."""

    def __init__(self, tracer: "Tracer", parent: "Context") -> None:
        super().__init__(logging.DEBUG)
        self._tracer, self._parent = tracer, parent

    def emit(self, record: logging.LogRecord) -> None:
        facts = getattr(record, "facts", {})
        if "path" in facts:
            name, failed = f"{facts['method']} {facts['path']}", "status" in facts
        elif "does" in facts:
            name, failed = f"{facts['does']} {facts['address']}", facts["outcome"] != "done"
        else:
            return
        end = time.time_ns()
        named = {f"provisioner.{key}": value for key, value in facts.items() if key != "ms" and value}
        if request := facts.get("request_id"):
            named["stripe.request_id"] = request
        begun = end - facts.get("ms", 0) * NANO // 1000
        span = self._tracer.start_span(name, self._parent, start_time=begun, attributes=named)
        _mark(span, failed=failed)
        span.end(end)


def _mark(span: Any, *, failed: bool) -> None:
    from opentelemetry.trace import StatusCode  # noqa: PLC0415 - only where the extra is installed

    if failed:
        span.set_status(StatusCode.ERROR)


@contextmanager
def traced(command: str) -> Iterator[Callable[[int], None]]:
    """Trace a command if tracing is configured. Yields a function to call with the exit code."""
    provider = _provider() if any(os.environ.get(name) for name in WHERE) else None
    if provider is None:
        yield lambda _code: None
        return
    from opentelemetry.trace import set_span_in_context  # noqa: PLC0415 - cold start
    from opentelemetry.trace.propagation import tracecontext  # noqa: PLC0415 - cold start

    job = tracecontext.TraceContextTextMapPropagator().extract({"traceparent": os.environ.get(PARENT, "")})
    tracer = provider.get_tracer("provisioner", __version__)
    span = tracer.start_span(command, job)

    def ended(code: int) -> None:
        span.set_attribute("provisioner.exit_code", code)
        _mark(span, failed=code not in GOOD)

    try:
        with listen(_Spans(tracer, set_span_in_context(span))):
            yield ended
    finally:
        span.end()
        provider.shutdown()


def _provider() -> Any:
    """Return the provider that exports spans; None if the extra is not installed."""
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415 - cold start
            OTLPSpanExporter,
        )
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415 - cold start
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415 - cold start
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415 - cold start
    except ImportError:
        return None
    # An unreachable collector must not fill stderr with stack traces.
    logging.getLogger("opentelemetry").addHandler(logging.NullHandler())
    logging.getLogger("opentelemetry").propagate = False
    name = os.environ.get("OTEL_SERVICE_NAME", "provisioner")
    provider = TracerProvider(resource=Resource.create({"service.name": name}), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider
