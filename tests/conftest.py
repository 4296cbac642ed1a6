"""For the whole suite: no socket leaves this machine, and hypothesis neither hurries nor litters."""

import ipaddress
import logging
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from support.depth import thorough

# Else each command that a test starts would compile the whole package for itself.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

settings.register_profile("suite", deadline=None, database=None, max_examples=thorough(100))
settings.load_profile("suite")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="Write what golden cases expect anew.")


@pytest.fixture(autouse=True, scope="session")
def _no_socket_leaves_this_machine() -> Iterator[None]:
    patch = pytest.MonkeyPatch()
    for name in ("connect", "connect_ex"):
        patch.setattr(socket.socket, name, _guarded(getattr(socket.socket, name)))
    yield
    patch.undo()


@pytest.fixture(scope="session")
def commands(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder for PATH with commands that start at once."""
    from support.quick_command import quick_command  # noqa: PLC0415 - it loads the whole command line

    with quick_command(tmp_path_factory.mktemp("commands")) as folder:
        yield folder


@pytest.fixture(autouse=True)
def _what_is_said_is_not_in_the_manner_of_the_test_before() -> Iterator[None]:
    yield
    log = logging.getLogger("provisioner")
    log.handlers.clear()
    log.setLevel(logging.NOTSET)


def _guarded(connect: Any) -> Any:
    def guarded(self: socket.socket, address: Any) -> Any:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not _is_loopback(str(address[0])):
            raise AssertionError(f"a test would connect to {address}")
        return connect(self, address)

    return guarded


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
