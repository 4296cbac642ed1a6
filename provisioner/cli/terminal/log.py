"""What is said on stderr besides results: plain lines for people, or one JSON object a line for machines."""

import json
import logging
from datetime import UTC, datetime
from typing import Any

import click

from provisioner.views.values import inert

FORMATS = ("text", "json")

log = logging.getLogger("provisioner")


class _ToStderr(logging.Handler):
    """Writes to whatever stderr is at that moment."""

    def emit(self, record: logging.LogRecord) -> None:
        click.echo(self.format(record), err=True)


class _AsText(logging.Formatter):
    """One record as its lines, in which nothing that a file or Stripe holds can act on a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        return "\n".join(map(inert, record.getMessage().split("\n")))


class _AsJson(logging.Formatter):
    """One record as one line: time, level, message, and the facts that came with it."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {"time": at, "level": record.levelname.lower(), "message": record.getMessage()}
        return json.dumps({**line, **getattr(record, "facts", {})})


def set_up(*, verbose: bool = False, format_: str = "text") -> None:
    """Say things on stderr from now on in this format; requests too when `verbose`."""
    handler = _ToStderr()
    handler.setFormatter(_AsJson() if format_ == "json" else _AsText())
    log.handlers = [handler]
    log.setLevel(logging.DEBUG if verbose else logging.INFO)


def tell(text: str, *, level: int = logging.INFO, **facts: Any) -> None:
    """Say a line; `facts` are keys of their own where lines are JSON."""
    if not any(isinstance(handler, _ToStderr) for handler in log.handlers):
        set_up()
    log.log(level, "%s", text, extra={"facts": facts})


def is_json() -> bool:
    """Whether lines are for machines, so that nothing may be drawn between them."""
    return any(isinstance(handler.formatter, _AsJson) for handler in log.handlers)
