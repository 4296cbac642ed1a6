"""
Standard streams that never fail: a closed pipe or a full disk does not end an apply.

If a console cannot show a currency sign, the currency's name is shown instead.
"""

import codecs
import errno
import io
import os
import select
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO

from msgspec import Struct

PLAIN = "provisioner.plain"  # the name of the error handler for characters that an encoding lacks
PLAINER = {"€": "EUR ", "£": "GBP "}
# Held while a document is written to standard output. A signal ends the process from another thread, which
# takes it first: the document is neither cut nor mixed with another one.
whole = threading.RLock()


def plainer(error: UnicodeError) -> tuple[str, int]:
    """Replace characters that an encoding lacks: currency signs by names, all others by escapes."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    shown = (PLAINER.get(c) or c.encode("ascii", "backslashreplace").decode() for c in lacking)
    return "".join(shown), error.end


class _Text(io.TextIOWrapper):
    """A text stream that replaces characters which its encoding lacks."""

    @property
    def encoding(self) -> str:  # type: ignore[override]  # a property instead of a member
        """Return the encoding. For ASCII another name is returned, because click would write UTF-8."""
        real = super().encoding
        return "plain" if codecs.lookup(real).name == "ascii" else real


class _Whole(_Text):
    """Standard output: what one call writes is written whole, although a signal ends the process."""

    def write(self, text: str) -> int:
        """Write a text, to the end of its last line."""
        with whole:
            return super().write(text)


class _Sink(io.RawIOBase):
    """Writes to a raw stream until that fails, and drops all later output."""

    def __init__(self, raw: io.RawIOBase) -> None:
        self.failure: OSError | None = None
        self.written = 0
        self._raw = raw  # A Windows console accepts text only from its own stream, not from a descriptor.

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._raw.fileno()

    def isatty(self) -> bool:
        return self._raw.isatty()

    def write(self, data: object) -> int:
        view = memoryview(data)  # type: ignore[arg-type]  # whatever a BufferedWriter hands on
        while self.failure is None:
            try:
                count = self._raw.write(view)
            except OSError as error:
                self.failure = error
            else:
                if count is not None:
                    self.written += count
                    return count
                select.select([], [self.fileno()], [])  # The stream does not block and is full.
        return len(view)


def _raw(stream: TextIO) -> io.RawIOBase:
    """
    Return the raw stream below one of Python's text streams; with `python -u`, there is no buffer in
    between.
    """
    buffer: Any = stream.buffer
    raw: io.RawIOBase = getattr(buffer, "raw", buffer)
    return raw


class Output(Struct, frozen=True):
    """The state of standard output."""

    sink: _Sink | None = None
    """The stream that replaces standard output and counts what is written; None if it was not replaced."""

    @property
    def untouched(self) -> bool:
        """Return whether nothing has been written yet."""
        return self.sink is None or self.sink.written == 0

    @property
    def lost(self) -> str:
        """Return why output was lost; empty if none was lost, or if the reader closed the pipe."""
        failure = self.sink.failure if self.sink else None
        if failure is None or failure.errno == errno.EPIPE:
            return ""
        return failure.strerror or type(failure).__name__


@contextmanager
def lasting() -> Iterator[Output]:
    """
    While the block runs, prevent writes to standard output and error from raising errors.

    Streams that tests have put in place of the process's own are not changed.
    """
    codecs.register_error(PLAIN, plainer)
    before = sys.stdout, sys.stderr
    sinks: list[_Sink | None] = []
    for stream in before:
        is_own = stream in (sys.__stdout__, sys.__stderr__)
        if is_own:
            stream.flush()
        sinks.append(_Sink(_raw(stream)) if is_own else None)
    try:
        sys.stdout, sys.stderr = (
            form(io.BufferedWriter(sink), encoding=stream.encoding, errors=PLAIN, line_buffering=True)
            if sink
            else stream
            for form, stream, sink in zip((_Whole, _Text), before, sinks, strict=True)
        )
        yield Output(sinks[0])
    finally:
        with suppress(OSError, ValueError):
            sys.stdout.flush()
        sys.stdout, sys.stderr = before
        for stream, sink in zip(before, sinks, strict=True):
            if sink is not None and sink.failure is not None:
                # otherwise, Python would flush again at exit, and fail
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
