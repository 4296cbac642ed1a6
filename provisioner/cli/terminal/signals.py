"""Ctrl-C and SIGTERM: while something is written it is finished first, otherwise the end comes at once."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

from provisioner.core.model.errors import ExitCode

SIGNALS = (signal.SIGINT, signal.SIGTERM)


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
    """
    Have Ctrl-C and SIGTERM do this as long as the block runs; in other threads nothing changes.

    It is done in a thread of its own. Python itself would do it in the main thread, which may just then
    have begun to wait for others, and go on to do so for as long as Stripe takes to answer.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    read, write = os.pipe()
    os.set_blocking(write, False)
    doing = threading.Thread(target=_follow, args=(read, do), daemon=True, name="signals")
    doing.start()
    told = signal.set_wakeup_fd(write, warn_on_full_buffer=False)
    before = {number: signal.signal(number, lambda _number, _frame: None) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(told)
        os.close(write)
        doing.join()
        os.close(read)


def _follow(read: int, do: Callable[[], None]) -> None:
    """Do it for every number of a signal that arrives, until there are no more."""
    while arrived := os.read(read, 1):
        if arrived[0] in SIGNALS:
            do()


def end(last_words: Callable[[], None] | None = None) -> None:
    """
    End the process at once, whatever its threads are doing.

    Python would wait for them, and each may be waiting for Stripe.
    """
    try:
        if last_words:
            last_words()
    finally:
        os._exit(ExitCode.INTERRUPTED)
