"""Ctrl-C where a person is asked for a yes, at a terminal."""

import os
import pty
import signal
import subprocess
import sys

from e2e.conftest import COMPANY, Desk


def read_until(terminal: int, wanted: bytes) -> bytes:
    """What a terminal shows until it shows something; it is there, or the test runs into its time limit."""
    shown = b""
    while wanted not in shown:
        shown += os.read(terminal, 4096)
    return shown


def test_it_is_said_on_a_line_of_its_own(desk: Desk):
    desk.write(COMPANY)
    terminal, theirs = pty.openpty()
    words = [sys.executable, "-m", "provisioner", "apply"]
    running = subprocess.Popen(words, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    read_until(terminal, b"'yes'")
    running.send_signal(signal.SIGINT)
    said = read_until(terminal, b"nothing was changed.")
    os.close(terminal)

    assert running.wait(30) == 130
    assert b"\r\nInterrupted; nothing was changed." in said
    assert desk.live("cardholders") == {}
