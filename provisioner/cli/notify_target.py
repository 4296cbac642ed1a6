"""Who is told: the address of a webhook, which is a secret and never shown, or a command."""

import re
import shlex
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from provisioner.views.words import inert

LONGEST_NAME = 60
NOBODY = "is neither an https:// address nor a command that is there"
ADDRESS = re.compile(r"(\w+:)?(//)?[\w-]+(\.[\w-]+)+(:\d+)?/|\w+://")


@dataclass(frozen=True, slots=True)
class Target:
    """A webhook's `url`, or the `words` of a command; `name` is what may be shown of it."""

    name: str
    url: str = field(default="", repr=False)
    words: tuple[str, ...] = field(default=(), repr=False)


def parse_target(text: str) -> Target:
    """
    Read a target: what begins with http:// or https:// is a webhook, anything else a command.

    A command is split as a shell would, and run without one. Raises ValueError that goes on after "the
    target" and repeats nothing of it: an address without its beginning looks like a command's path.
    """
    if text.lower().startswith(("https://", "http://")):
        return Target(f"the webhook at {_host(text)}", url=text)
    try:
        words = tuple(shlex.split(text))
    except ValueError:
        raise ValueError("is a command in which a quote is not closed") from None
    if not words:
        raise ValueError("is an empty command")
    if not shutil.which(words[0]) and not Path(words[0]).is_file():
        raise ValueError(f"{NOBODY}; begin it with https://" if ADDRESS.match(text) else NOBODY)
    return Target(f"the command {inert(Path(words[0]).name)[:LONGEST_NAME]}", words=words)


def _host(url: str) -> str:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if not host or not all(c.isprintable() and not c.isspace() for c in url):
        raise ValueError("is an address that is not valid")
    return inert(f"{host}:{port}" if port else host)[:LONGEST_NAME]
