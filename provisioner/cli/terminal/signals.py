"""Ctrl-C and SIGTERM: writes in flight are finished first; otherwise, the process ends immediately."""

import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from provisioner.cli.terminal.log import clear, tell
from provisioner.cli.terminal.stdio import whole
from provisioner.core.model.errors import ExitCode

SIGNALS = (signal.SIGINT, signal.SIGTERM)
PATIENCE = 10.0  # seconds for which the document that is being written may keep the process from ending


@contextmanager
def stoppable(
    stop: threading.Event | None = None, last_words: Callable[[], None] | None = None
) -> Iterator[threading.Event]:
    """
    Yield an event that Ctrl-C and SIGTERM set: requests in flight are finished, and no others are started.

    A second signal ends the process immediately, after printing `last_words`.
    """
    event = stop or threading.Event()

    def ask() -> None:
        if event.is_set():
            end(last_words)
        event.set()
        tell("Interrupted: waiting for requests in flight. Press Ctrl-C again to exit now.")

    with on_signal(ask):
        yield event


@contextmanager
def on_signal(do: Callable[[], None]) -> Iterator[None]:
    """
    Call `do` on Ctrl-C and SIGTERM while the block runs; has no effect outside of the main thread.

    `do` runs in a separate thread. Python runs signal handlers in the main thread, which may be waiting for
    other threads, and thus for Stripe.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    read, write = socket.socketpair()  # Windows has no non-blocking pipes.
    write.setblocking(False)
    doing = threading.Thread(target=_follow, args=(read, do), daemon=True, name="signals")
    doing.start()
    told = signal.set_wakeup_fd(write.fileno(), warn_on_full_buffer=False)
    before = {number: signal.signal(number, lambda _number, _frame: None) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(told)
        write.close()
        doing.join()
        read.close()


def _follow(read: socket.socket, do: Callable[[], None]) -> None:
    """Call `do` for every signal that arrives, until the other end of the pipe is closed."""
    while arrived := read.recv(1):
        if arrived[0] in SIGNALS:
            do()


def end(last_words: Callable[[], None] | None = None) -> None:
    """
    End the process without waiting for its threads, but not in the middle of a document on standard output.

    A normal exit would wait for them, and each may be waiting for Stripe. If nobody reads the document, the
    process ends nevertheless, and says nothing.
    """
    try:
        if whole.acquire(timeout=PATIENCE):  # and keep it, so that no other thread begins a document
            clear()
            if last_words:
                last_words()
    finally:
        os._exit(ExitCode.INTERRUPTED)
