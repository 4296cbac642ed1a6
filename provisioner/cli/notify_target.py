"""Who is told: the address of a webhook, which is a secret and never shown, or a command."""

import shlex
from dataclasses import dataclass, field
from pathlib import PurePath
from urllib.parse import urlsplit

from provisioner.views.words import inert

LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class Target:
    """A webhook's `url`, or the `words` of a command; `name` is what may be shown of it."""

    name: str
    url: str = field(default="", repr=False)
    words: tuple[str, ...] = field(default=(), repr=False)


def parse_target(text: str) -> Target:
    """
    Read a target: what begins with http:// or https:// is a webhook, anything else a command.

    A command is split as a shell would, and run without one. Raises ValueError that repeats nothing of it.
    """
    if text.lower().startswith(("https://", "http://")):
        return Target(f"the webhook at {_host(text)}", url=text)
    try:
        words = tuple(shlex.split(text))
    except ValueError:
        raise ValueError("a quote in the command is not closed") from None
    if not words:
        raise ValueError("the command is empty")
    if "://" in words[0]:
        raise ValueError("it is neither an http:// or https:// address nor a command")
    return Target(f"the command {inert(PurePath(words[0]).name)[:LONGEST_NAME]}", words=words)


def _host(url: str) -> str:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if not host or not all(c.isprintable() and not c.isspace() for c in url):
        raise ValueError("the webhook's address is not a valid one")
    return inert(f"{host}:{port}" if port else host)[:LONGEST_NAME]
