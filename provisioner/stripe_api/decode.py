"""The body of an answer as values, held to its form: all of it, or only what is wanted of a page's objects.

What is not wanted is never made into values at all: every card brings its whole cardholder along.
"""

from collections.abc import Callable
from functools import cache
from typing import Any, Required

import msgspec

from provisioner.engine.ports import Wanted
from provisioner.stripe_api.answers import form_of, form_of_snapshot, names_of, resource_of, typed_dict

Read = Callable[[bytes], Any]

_all = msgspec.json.Decoder()


def values(body: bytes) -> Any:
    """Return the values of a JSON text. Raises ValueError."""
    try:
        return _all.decode(body)
    except RecursionError:
        raise ValueError("nested too deeply") from None


@cache
def _held_to(form: Any) -> Read:
    def read(body: bytes) -> Any:
        found = values(body)
        msgspec.convert(found, form)
        return found

    return read


def object_of(path: str) -> Read:
    """What reads the object at a path; raises msgspec.ValidationError where it has another form."""
    return _held_to(form_of(resource_of(path)))


def page_of(resource: str, wanted: Wanted | None = None) -> Read:
    """What reads pages of a resource, all or `wanted` of each object; raises as `object_of`'s."""
    if resource == "events":
        return _events
    return _some(resource, wanted) if wanted else _held_to(_page(form_of(resource_of(resource))))


def _events(body: bytes) -> Any:
    """Read a page of events, each with an object of a form of its own."""
    found = _held_to(_page(form_of("events")))(body)
    for event in found["data"]:
        msgspec.convert(event["data"]["object"], form_of_snapshot(event))
    return found


@cache
def _page(item: Any) -> Any:
    return typed_dict("page", {"data": Required[list[item]], "has_more": Required[bool]}, total=False)


@cache
def _some(resource: str, wanted: Wanted) -> Read:
    forms = names_of(resource)
    names = wanted.names | wanted.references
    item = typed_dict("item", {name: forms[name] for name in forms if name in names}, total=False)
    decoder = msgspec.json.Decoder(_page(item))

    def read(body: bytes) -> Any:
        try:
            return decoder.decode(body)
        except RecursionError:
            raise ValueError("nested too deeply") from None

    return read
