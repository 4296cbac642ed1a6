"""
`provisioner` and `python3` as commands that start at once: a process with the package loaded forks for each.

What runs is the program's own `main`, or the module or script that `python3` is given, with the caller's
arguments, environment, folder and streams, in a process of its own. Only Python and the package are loaded
once; what depends on how Python itself starts (encodings, `PYTHON...`) needs a process that really does.
"""

import gc
import importlib
import marshal
import os
import pkgutil
import runpy
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import provisioner
from provisioner.cli.main import main
from provisioner.config.load import load_config
from provisioner.kinds import KINDS
from provisioner.sandbox.server import running
from provisioner.sandbox.settings import Settings
from provisioner.stripe_api.client import Transport
from support.pages import ROOT

# -IS: Python alone, and modules in C: it starts in ten milliseconds
CALLER = """\
#!{python} -IS
import _signal, _socket, marshal, posix, sys
if sys.argv[1:2] == ["-c"]:
    posix.execv({python!r}, sys.argv)
server = _socket.socket(_socket.AF_UNIX)
server.connect({address!r})
asked = marshal.dumps((sys.argv, posix.getcwd(), posix.environ))
streams = b"".join(number.to_bytes(4, sys.byteorder) for number in (0, 1, 2))
size = len(asked).to_bytes(4, "big")
server.sendmsg([size], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, streams)])
server.sendall(asked)
pid = int.from_bytes(server.recv(4), "big")
for number in (_signal.SIGTERM, _signal.SIGINT):
    _signal.signal(number, lambda number, frame: posix.kill(pid, number))
sys.exit(int.from_bytes(server.recv(4) or b"\\1", "big"))
"""


@contextmanager
def quick_command(folder: Path, *, patient: bool = True) -> Iterator[Path]:
    """
    Make a folder for PATH that holds the commands while the context lasts; `folder` is an empty one.

    Commands that are not `patient` do not wait for Stripe between attempts and looks, but do all else alike.
    """
    address, commands = folder / "socket", folder / "bin"
    commands.mkdir()
    for name in ("provisioner", "python3"):
        command = commands / name
        command.write_text(CALLER.format(python=sys.executable, address=str(address)), encoding="utf-8")
        command.chmod(0o755)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(address))
        listener.listen()
        with subprocess.Popen(
            [sys.executable, "-m", "support.quick_command", str(listener.fileno()), str(patient)],
            env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            pass_fds=[listener.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        ) as server:
            yield commands
            server.kill()


def serve(listener: socket.socket) -> None:
    """Answer callers until killed. Returns in a process that is to be a command: its streams are in place."""
    for module in pkgutil.walk_packages(provisioner.__path__, "provisioner."):
        with suppress(ImportError):  # what is optional
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    with running(Settings()):  # which compiles the patterns of its routes
        load_config(ROOT / "examples" / "b2b-payments", KINDS)  # and this the schema
    gc.freeze()  # what is loaded stays shared between the processes
    woken, wake = socket.socketpair()
    wake.setblocking(False)
    signal.set_wakeup_fd(wake.fileno())
    signal.signal(signal.SIGCHLD, lambda _number, _frame: None)  # one that is ignored wakes nobody
    callers: dict[int, socket.socket] = {}
    while True:
        ready, _, _ = select.select([listener, woken], [], [])
        if woken in ready:
            woken.recv(4096)
            _tell(callers)
        if listener in ready:
            caller, _ = listener.accept()
            if not (pid := _fork(caller)):
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                for left in (listener, woken, wake, caller, *callers.values()):
                    left.close()
                return
            callers[pid] = caller


def _tell(callers: dict[int, socket.socket]) -> None:
    """Tell callers how their commands have ended."""
    while callers:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if not pid:
            return
        code = os.waitstatus_to_exitcode(status)
        with callers.pop(pid) as caller, suppress(OSError):  # the caller may have been killed
            caller.sendall((code if code >= 0 else 128 - code).to_bytes(4, "big"))


def _fork(caller: socket.socket) -> int:
    """Fork a command with the streams, the folder and the environment of its caller; 0 in the command."""
    size, streams, _, _ = socket.recv_fds(caller, 4, 3)
    asked = caller.recv(int.from_bytes(size, "big"), socket.MSG_WAITALL)
    argv, folder, environ = marshal.loads(asked)  # noqa: S302 - our own
    pid = os.fork()
    for number, stream in enumerate(streams):
        if not pid:
            os.dup2(stream, number)
        os.close(stream)
    if pid:
        caller.sendall(pid.to_bytes(4, "big"))
        return pid
    sys.argv = argv
    os.chdir(folder)
    os.environb.clear()
    os.environb.update(environ)
    return 0


def run() -> None:
    """Run what the command line names: `provisioner ...`, `python3 -m MODULE ...` or `python3 SCRIPT ...`."""
    command, *words = sys.argv
    if Path(command).name == "provisioner":
        main(prog_name="provisioner")
        return
    sys.executable = command  # what it starts in turn starts at once, too
    words = words[words[0] == "-P" :]  # its folder is not on the path of what is loaded already
    if words[0] == "-m":
        sys.argv = words[1:]
        sys.modules.pop(words[1], None)  # it runs as `__main__`
        runpy.run_module(words[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv = words
        sys.path.insert(0, str(Path(words[0]).parent))
        runpy.run_path(words[0], run_name="__main__")


if __name__ == "__main__":
    if sys.argv[2] == "False":
        Transport.__init__.__kwdefaults__["sleep"] = lambda _seconds: None
    serve(socket.socket(fileno=int(sys.argv[1])))
    try:
        run()
    except SystemExit as end:
        sys.stdout.flush()
        os._exit(end.code if isinstance(end.code, int) else 0)  # without taking apart what is shared
