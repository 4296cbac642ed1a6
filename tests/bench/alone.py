"""
Runs one command and prints what it cost: `python -S alone.py OUT COMMAND...`, as JSON.

A process's peak memory begins with that of the one that it was started from (getrusage(2): it outlives
execve). So whoever starts the measured one must be small, and nothing is imported here that is not needed.
"""

import os
import sys
import time


def main() -> None:
    out, *command = sys.argv[1:]
    file = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    # both streams of the command go to the file
    actions = [(os.POSIX_SPAWN_DUP2, file, 1), (os.POSIX_SPAWN_DUP2, file, 2)]
    begun = time.monotonic()
    child = os.posix_spawnp(command[0], command, os.environ, file_actions=actions)
    _, status, used = os.wait4(child, 0)
    wall = time.monotonic() - begun
    code = os.waitstatus_to_exitcode(status)
    cpu = used.ru_utime + used.ru_stime
    print(f'{{"wall": {wall}, "cpu": {cpu}, "peak": {used.ru_maxrss / 1024}, "code": {code}}}')  # noqa: T201


main()
