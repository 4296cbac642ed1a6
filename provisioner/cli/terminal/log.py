"""Messages on stderr: plain lines for people, or one JSON object per line for machines."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from provisioner.views.values import inert

if TYPE_CHECKING:
    from rich.progress import Progress

FORMATS = ("text", "json")

log = logging.getLogger("provisioner")
_drawn: list["Progress"] = []  # the progress bars on the terminal, the newest last


class _ToStderr(logging.Handler):
    """A handler that writes to the current `sys.stderr`."""

    def emit(self, record: logging.LogRecord) -> None:
        text = self.format(record)
        if _drawn:  # otherwise, the message would continue the line of the progress bar
            _drawn[-1].console.print(text, markup=False, highlight=False, soft_wrap=True)
        else:
            click.echo(text, err=True)


class _AsText(logging.Formatter):
    """Formats a record as plain lines. Control characters, which could affect the terminal, are removed."""

    def format(self, record: logging.LogRecord) -> str:
        return "\n".join(map(inert, record.getMessage().split("\n")))


class _AsJson(logging.Formatter):
    """Formats a record as one JSON line: time, level, message, and its facts."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {"time": at, "level": record.levelname.lower(), "message": record.getMessage()}
        return json.dumps({**line, **getattr(record, "facts", {})})


def set_up(*, verbose: bool = False, format_: str = "text") -> None:
    """Set the format of messages on stderr; `verbose` includes requests."""
    handler = _ToStderr()
    handler.setFormatter(_AsJson() if format_ == "json" else _AsText())
    handler.setLevel(logging.DEBUG if verbose else logging.INFO)
    log.handlers = [handler, *(each for each in log.handlers if not isinstance(each, _ToStderr))]
    log.setLevel(min(each.level or logging.INFO for each in log.handlers))


@contextmanager
def listen(handler: logging.Handler) -> Iterator[None]:
    """Pass all messages to a handler while the block runs, including requests, which stderr does not show."""
    log.addHandler(handler)
    log.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        log.removeHandler(handler)


def tell(text: str, *, level: int = logging.INFO, **facts: Any) -> None:
    """Print a message; in JSON, `facts` become separate keys."""
    if not any(isinstance(handler, _ToStderr) for handler in log.handlers):
        set_up()
    log.log(level, "%s", text, extra={"facts": facts})


def draw(bar: "Progress") -> None:
    """Start a progress bar; messages appear above it until `clear` removes it."""
    bar.start()
    _drawn.append(bar)


def clear() -> None:
    """Remove the progress bars from the terminal."""
    while _drawn:
        _drawn.pop().stop()


def is_json() -> bool:
    """Return whether messages are JSON, so that no progress bar may be drawn."""
    return any(isinstance(handler.formatter, _AsJson) for handler in log.handlers)
