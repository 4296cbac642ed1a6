"""
Generates `params.json` from the parameter types in Stripe's SDK.

Run `python -m provisioner.sandbox.sdk_types` after adding a route or changing the SDK version; a test fails
if the file is outdated. The server itself does not import the SDK, which would take 0.2 s.
"""

import importlib
import json
import sys
import types
import typing
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

from stripe import RequestOptions

from provisioner.sandbox.api.routes import ROUTES

DATA = Path(__file__).with_name("api") / "params.json"
_SCALARS = {str: "str", int: "int", bool: "bool", float: "decimal", Decimal: "decimal", Any: "file"}
_LONG = 40


def describe(names: set[str]) -> dict[str, Any]:
    """
    Return the named parameter types (`issuing.CardCreateParams`) and all types that they refer to.

    `types` maps a name to its `fields` and `required`; a field is a scalar's name, or one of `{enum}`,
    `{list}`, `{map}`, `{hash}`, `{any}`, `{unset}` (which also accepts the empty string). Enumerations with
    more than 40 values are stored once, under `enums`.
    """
    reader = _TypeReader()
    for name in sorted(names):
        reader.read(name)
    return {"enums": reader.enums, "types": dict(sorted(reader.types.items()))}


def rendered() -> str:
    """Return the current content of `params.json`."""
    names = {route.params for route in ROUTES if route.params and not route.params.startswith("own.")}
    return json.dumps(describe(names), indent=1, sort_keys=True) + "\n"


class _TypeReader:
    def __init__(self) -> None:
        self.types: dict[str, dict[str, Any]] = {}
        self.enums: dict[str, list[str]] = {}

    def read(self, name: str) -> None:
        if name in self.types:
            return
        package, _, last = f"stripe.params.{name}".rpartition(".")
        cls = getattr(importlib.import_module(package), last)
        own = {f: hint for f, hint in cls.__annotations__.items() if f not in RequestOptions.__annotations__}
        hints = typing.get_type_hints(
            types.SimpleNamespace(__annotations__=own), vars(sys.modules[cls.__module__])
        )
        self.types[name] = entry = dict[str, Any](
            fields={}, required=sorted(cls.__required_keys__ & set(own))
        )
        entry["fields"] = {field: self.node(hint, name, field) for field, hint in hints.items()}

    def node(self, hint: Any, owner: str, field: str) -> Any:
        if hint in _SCALARS:
            return _SCALARS[hint]
        origin = get_origin(hint)
        if origin is Literal:
            return {"enum": self.enum(list(get_args(hint)), f"{owner}.{field}")}
        if origin in (list, typing.Sequence):
            return {"list": self.node(get_args(hint)[0], owner, field)}
        if origin is dict:
            return {"map": self.node(get_args(hint)[1], owner, field)}
        if origin in (Union, types.UnionType):
            return self.union(list(get_args(hint)), owner, field)
        name = f"{owner.rpartition('.')[0]}.{hint.__name__}".lstrip(".")
        self.read(name)
        return {"hash": name}

    def union(self, options: list[Any], owner: str, field: str) -> Any:
        unset = Literal[""] in options
        options = [
            o for o in options if o != Literal[""] and getattr(o, "__name__", "") != "UntypedStripeObject"
        ]
        literals = [o for o in options if get_origin(o) is Literal]
        if literals and len(options) == 2 and str in options:  # noqa: PLR2004  an open enum, which is treated as closed
            options = literals
        nodes = [self.node(option, owner, field) for option in options]
        node = nodes[0] if len(nodes) == 1 else {"any": nodes}
        return {"unset": node} if unset else node

    def enum(self, values: list[str], name: str) -> list[str] | str:
        if len(values) <= _LONG:
            return values
        for known, same in self.enums.items():
            if same == values:
                return known
        self.enums[name] = values
        return name


if __name__ == "__main__":
    DATA.write_text(rendered(), encoding="utf-8")
