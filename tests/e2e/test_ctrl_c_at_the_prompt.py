"""The question for a yes, at a terminal: what it names, and Ctrl-C as its answer."""

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


def begin(*words: str) -> tuple[subprocess.Popen[bytes], int]:
    """Run a command at a terminal, and return it with the terminal."""
    terminal, theirs = pty.openpty()
    command = [sys.executable, "-m", "provisioner", *words]
    running = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    return running, terminal


def test_the_question_names_project_environment_mode_and_account(desk: Desk):
    desk.write(COMPANY, project="acme")
    desk.write("cardholders: {acme: {metadata: {env: dev}}}\n", "environments/dev.yaml", project="acme")
    running, terminal = begin("apply", "--env", "dev")
    said = read_until(terminal, b"to approve: ")
    os.write(terminal, b"y\n")
    said += read_until(terminal, b"nothing was changed")
    os.close(terminal)

    account = desk.sdk.v1.accounts.retrieve_current().id
    assert f"Apply these changes to acme (dev, test mode, {account})? Only 'yes' will be".encode() in said
    assert running.wait(30) == 1
    assert desk.live("cardholders") == {}


def test_it_is_said_on_a_line_of_its_own(desk: Desk):
    desk.write(COMPANY)
    running, terminal = begin("apply")
    read_until(terminal, b"'yes'")
    running.send_signal(signal.SIGINT)
    said = read_until(terminal, b"nothing was changed.")
    os.close(terminal)

    assert running.wait(30) == 130
    assert b"\r\nInterrupted; nothing was changed." in said
    assert desk.live("cardholders") == {}
