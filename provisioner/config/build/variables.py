"""Resolves `${var.NAME}`, `${env.NAME}` and `${file.PATH}` in the values of a document.

A value that consists of one `${var.NAME}` keeps the type of the variable; everything else becomes a string. A
value from the environment or from a file becomes a `Secret`, or a `SecretNumber` if it is the whole value and
the schema expects a whole number. `$${` is an escaped `${`.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct, field

from provisioner.config.text.document import Document
from provisioner.config.text.near import near
from provisioner.config.text.outside import HoleError, Outside
from provisioner.config.text.scalar import BROKEN, Secret, SecretNumber, number_in, plain
from provisioner.core.model.errors import Problem

Schema = Mapping[str, Any]
SIGN, LITERAL_SIGN = "${", "$${"
_HOLE = re.compile(r"\$\$\{|\$\{(?P<inner>[^{}]*)(?P<end>\}?)")
_SOURCES = {"var": "variable", "env": "environment variable", "file": "file"}
_FORMS = "${var.NAME}, ${env.NAME} or ${file.PATH}, or '$${' for a literal '${'"


class Substitution(Struct):
    """Resolves references in files of a schema."""

    variables: Mapping[str, Any]
    """The values of `${var.NAME}`, by name."""
    outside: Outside
    """Reads environment variables and files."""
    problems: list[Problem]
    """Problems that were found are added here."""
    schema: Schema
    """The schema of the files."""
    used: set[str] = field(default_factory=set)
    """The names of the variables that are referenced."""

    def fill(self, document: Document, value: Any, path: tuple[Any, ...] = ()) -> Any:
        """Resolve the references in `value`, which is at `path`, and return it; adds problems."""
        return self._walk(document, value, path, {})

    def fill_all(self, document: Document) -> dict[str, Any]:
        """Return a document with its references resolved and without its variables; adds problems."""
        return {
            key: item if key == "vars" else self.fill(document, item, (key,))
            for key, item in document.value.items()
        }

    def _walk(self, document: Document, value: Any, path: tuple[Any, ...], seen: dict[int, Any]) -> Any:
        if isinstance(value, str):
            return self._text(document, value, path) if SIGN in value else value
        if not isinstance(value, dict | list):
            return value
        if id(value) not in seen:
            if isinstance(value, dict):
                seen[id(value)] = {
                    key: self._walk(document, item, (*path, key), seen) for key, item in value.items()
                }
            else:
                seen[id(value)] = [
                    self._walk(document, item, (*path, at), seen) for at, item in enumerate(value)
                ]
        return seen[id(value)]

    def _text(self, document: Document, text: str, path: tuple[Any, ...]) -> Any:
        try:
            whole = _HOLE.fullmatch(text)
            if whole and whole["inner"] is not None:
                return self._whole(document, whole, path)
            parts = [
                SIGN if match["inner"] is None else self._hole(document, match)
                for match in _HOLE.finditer(text)
            ]
        except HoleError as wrong:
            address = ".".join(str(key) for key in path[:2])
            self.problems.append(Problem(document.where(path), address, str(wrong)))
            return BROKEN
        filled = iter(str(part).lower() if isinstance(part, bool) else str(part) for part in parts)
        joined = _HOLE.sub(lambda _: next(filled), text)
        return Secret(joined) if any(isinstance(part, Secret) for part in parts) else joined

    def _whole(self, document: Document, match: re.Match[str], path: tuple[Any, ...]) -> Any:
        """Resolve a reference that is a whole value, as a number if one is expected."""
        value = self._hole(document, match)
        if type(value) is not Secret:
            return value
        types = {
            name
            for part in _parts(self.schema, self.schema.get("definitions", {}), path)
            for name in ([part] if isinstance(part, str) else part)
        }
        if types - {"null"} != {"integer"}:
            return value
        number = number_in(value)
        if number is None:
            source, _, name = match["inner"].partition(".")
            what = f"{_SOURCES[source]} {name!r}"
            raise HoleError(
                f"{path[-1]!r}: expected a whole number such as 7, and {what} does not contain one"
            )
        return SecretNumber(number)

    def _hole(self, document: Document, match: re.Match[str]) -> Any:
        source, point, name = match["inner"].partition(".")
        if not match["end"]:
            raise HoleError(f"'${{' has no closing '}}'; write {_FORMS}")
        if not (point and name) or source not in _SOURCES:
            raise HoleError(f"{match[0][:100]!r} is not a valid reference; write {_FORMS}")
        if source == "env":
            return Secret(self.outside.variable(name))
        if source == "file":
            return Secret(self.outside.file(document.file, name))
        self.used.add(name)
        if name not in self.variables:
            raise HoleError(
                f"unknown variable {name!r}{near(name, self.variables)}; "
                f"define it in 'vars' or pass --var {name}=..."
            )
        if self.variables[name] is None:
            raise HoleError(f"variable {name!r} has no value; pass --var {name}=...")
        return self.variables[name]


def may_have_holes(document: Document) -> bool:
    """Return whether a document may contain references; in a quoted string, an escape can hide one."""
    return SIGN in document.text or "\\" in document.text


def _parts(schema: Any, definitions: Schema, path: tuple[Any, ...]) -> Iterator[str | list[str]]:
    """Yield the types that parts of a schema accept for the value at a path below them."""
    if not isinstance(schema, Mapping):
        return
    if "$ref" in schema:
        schema = definitions[schema["$ref"].removeprefix("#/definitions/")]
    for each in (*schema.get("anyOf", ()), *(schema.get(name) for name in ("then", "else"))):
        yield from _parts(each, definitions, path)
    if not path:
        yield schema.get("type", [])
    elif isinstance(path[0], int):
        yield from _parts(schema.get("items"), definitions, path[1:])
    else:
        below = schema.get("properties", {}).get(path[0], schema.get("additionalProperties"))
        yield from _parts(below, definitions, path[1:])


def chosen(defaults: Mapping[str, Any], given: Mapping[str, str]) -> tuple[dict[str, Any], list[str]]:
    """
    Return the values of the variables, and the problems of those in `given`.

    If the default is a whole number or a boolean, the given value is converted to the same type.
    """
    values, wrong = dict(defaults), []
    for name, text in given.items():
        default = defaults.get(name)
        value = plain(text) if isinstance(default, int) else text
        if type(value) is not type(default) and isinstance(default, int):
            wanted = "true or false" if isinstance(default, bool) else "a whole number"
            wrong.append(f"--var {name}: expected {wanted}, as in 'vars'")
        else:
            values[name] = value
    return values, wrong
