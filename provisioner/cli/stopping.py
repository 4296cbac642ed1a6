"""Ctrl-C and SIGTERM: while something is written it is finished first, otherwise the end comes at once."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

INTERRUPTED = 130


@contextmanager
def stoppable(
    stop: threading.Event | None = None, last_words: Callable[[], None] | None = None
) -> Iterator[threading.Event]:
    """
    An event that Ctrl-C and SIGTERM set: calls under way are finished, no other is begun.

    The second time the process ends at once, after `last_words`.
    """
    event = stop or threading.Event()

    def ask() -> None:
        if event.is_set():
            end(last_words)
        event.set()
        click.echo("Stopping: the calls under way are finished first (again: at once).", err=True)

    with on_signal(ask):
        yield event


@contextmanager
def on_signal(do: Callable[[], None]) -> Iterator[None]:
    """Have Ctrl-C and SIGTERM do this as long as the block runs; in other threads nothing changes."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {
        number: signal.signal(number, lambda _number, _frame: do())
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def end(last_words: Callable[[], None] | None = None) -> None:
    """
    End the process at once, whatever its threads are doing.

    Python would wait for them, and each may be waiting for Stripe.
    """
    try:
        if last_words:
            last_words()
    finally:
        os._exit(INTERRUPTED)
