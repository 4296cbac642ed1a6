"""Parses Stripe's form encoding (`a[b][0]=c`, `a[]=x`) into nested dicts of strings and uploaded files."""

import re
from collections.abc import Iterable
from email import policy
from email.parser import BytesParser
from typing import Any
from urllib.parse import parse_qsl

from provisioner.sandbox.registry import UploadedFile
from provisioner.sandbox.state.errors import invalid

_NAME = re.compile(r"^([^\[\]]+)((?:\[[^\[\]]*\])*)$")
_PART = re.compile(r"\[([^\[\]]*)\]")
_DEEPEST = 12


def pairs(text: str) -> list[tuple[str, str]]:
    """Return the (name, value) pairs of a form body or query string; raises ApiError for anything else."""
    try:
        return parse_qsl(text, keep_blank_values=True, max_num_fields=10_000, errors="strict")
    except ValueError:
        raise invalid(
            "Invalid request: the parameters are not a UTF-8 form of at most 10,000 fields"
        ) from None


def parts(content_type: str, body: bytes) -> list[tuple[str, str | UploadedFile]]:
    """Return the (name, value) pairs of a multipart form; raises ApiError for anything else."""
    parser = BytesParser(policy=policy.HTTP)
    boundary = parser.parsebytes(f"Content-Type: {content_type}".encode("latin-1", "replace")).get_boundary()
    # The standard library's parser reads the headers alone; it would take seconds for a large file.
    pieces = (b"\r\n" + body).split(f"\r\n--{boundary}".encode("latin-1", "replace")) if boundary else []
    if len(pieces) <= 2 or not pieces[-1].startswith(b"--"):  # noqa: PLR2004 - what is before and after the parts
        raise invalid("Invalid request: the body is not a multipart form")
    found: list[tuple[str, str | UploadedFile]] = []
    for piece in pieces[1:-1]:
        head, _, content = piece.partition(b"\r\n\r\n")
        part = parser.parsebytes(head.lstrip(b"\r\n"), headersonly=True)
        name, filename = part.get_param("name", header="content-disposition"), part.get_filename()
        if not isinstance(name, str):
            raise invalid("Invalid request: a part of the multipart form has no name")
        try:
            found.append((name, content.decode() if filename is None else UploadedFile(filename, content)))
        except UnicodeDecodeError:
            raise invalid(f"Invalid request: {name} is not UTF-8", name) from None
    return found


def nest(flat: Iterable[tuple[str, str | UploadedFile]]) -> dict[str, Any]:
    """
    Return the nested value of (name, value) pairs.

    Leaves are strings or files, `[]` makes a list, and everything else in brackets a dict. A dict whose
    keys are indices stays a dict, as only its type distinguishes a list from a hash. The last of equal names
    wins.
    Raises ApiError (400) for names that cannot be nested.
    """
    root: dict[str, Any] = {}
    for name, value in flat:
        match = _NAME.match(name)
        if match is None:
            raise invalid(f"Invalid parameter name: {name}", name)
        parts = [match[1], *_PART.findall(match[2])]
        if len(parts) > _DEEPEST:
            raise invalid(f"Parameter nested too deeply: {match[1]}", match[1])
        here: Any = root
        *outer, last = parts if parts[-1] else parts[:-1]
        for part in outer:
            here = here.setdefault(part, {}) if part else None
            if not isinstance(here, dict):
                raise invalid(f"Invalid parameter: {name} does not agree with the other parameters", name)
        if parts[-1]:
            here[last] = value
        elif isinstance(items := here.setdefault(last, []), list):
            items.append(value)
        else:
            raise invalid(f"Invalid array parameter: {name} is also given as a value or a hash", name)
    return root
