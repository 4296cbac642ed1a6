"""Exports the objects in Stripe as YAML, with names for ids, amounts with currencies, and shared profiles."""

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from shlex import quote
from types import MappingProxyType
from typing import Any

import yaml

from provisioner.config.build.variables import LITERAL_SIGN, SIGN
from provisioner.config.schema.configuration import removals
from provisioner.config.text.scalar import plain, shown
from provisioner.core.model.errors import ProvisionerError
from provisioner.core.model.money import show_number
from provisioner.core.model.resource import DEACTIVATE, Address, Ref
from provisioner.core.model.snapshot import Snapshot
from provisioner.core.ownership.inventory import Inventory
from provisioner.core.ownership.marks import PREFIX
from provisioner.core.schema.field import Field, Shape
from provisioner.core.schema.kind import Kind, owned
from provisioner.core.schema.normal_form import resolver

Tree = dict[str, Any]
SHARED = ("type", "currency", "status", "spending_controls")
NOTHING = "nothing to export: Stripe has no cardholder or card of this project, or without a project"
HEAD = (
    "# Exported from Stripe, the oldest object of each section first, with its id next to its name.\n"
    "# Next: provisioner import PATH --all. After that, provisioner plan PATH shows no changes.\n"
)
GRANTED = (
    "# Comments mark values that grants set temporarily. To keep them temporary, write the values\n"
    "# that the cards have without the grants, and copy the grants.\n"
)
_NAME = re.compile(r"^  ([^ #:?-].*:|\? .*)$")  # the name of a block in the dumped document
_ID = re.compile(r"[A-Za-z0-9_]{1,100}")  # ids that can be written in a comment safely


def export(
    kinds: Sequence[Kind],
    project: str,
    mode: str,
    world: Snapshot,
    surveyed: Inventory,
    account: str | None = None,
    for_a_while: Mapping[str, Sequence[str]] = MappingProxyType({}),
) -> str:
    """
    Return as YAML all objects of the project and all objects without a project.

    `for_a_while` describes values that grants set temporarily, by address. They become comments, because
    Stripe does not distinguish them from permanent values. `account` is written to the configuration if
    given. Ids, secrets, ended objects and Stripe's defaults are omitted, and so are objects that cannot be
    removed and that nothing refers to, such as the design that Stripe gives every account. Personal data is
    included, because the YAML needs it. After `import --all`, a plan shows no changes, except for the
    currency of limits for which Stripe shows none. Raises ProvisionerError if there is nothing to export.
    """
    sections: dict[str, Tree] = {}
    used = _referred_to(kinds, world)
    for kind in owned(kinds):
        sections[kind.section] = _section(kind, world, surveyed, used)
    ids = {str(address): identity for identity, address in surveyed.by_id.items()}
    if not any(sections.values()):
        raise ProvisionerError(NOTHING + _whose(kinds, world))
    profiles = _factor_out(sections.get("cards", {}))
    document: Tree = {"version": 1, "project": project, "mode": mode}
    document |= {"account": account} if account else {}
    document |= {"profiles": profiles} if profiles else {}
    document |= {name: section for name, section in sections.items() if section}
    names = {name: [*section] for name, section in sections.items()}
    document = literal(document)
    text: str = yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)
    if not all(map(str.isprintable, text.split("\n"))):  # invisible characters, or those that reverse text
        text = yaml.dump(document, Dumper=_Dumper, sort_keys=False, width=110)
    head = HEAD + (GRANTED if for_a_while else "")
    return head + "".join(_with_comments(text, names, ids, for_a_while))


def _referred_to(kinds: Sequence[Kind], world: Snapshot) -> set[Any]:
    """Return the ids that objects refer to."""
    refs = [(kind, field) for kind in owned(kinds) for field in kind.fields if field.refers_to]
    return {
        each.fields.get(field.name) for kind, field in refs for each in world.objects.get(kind.resource, ())
    }


def literal(value: Any) -> Any:
    """Escape all strings of a value, so that none from Stripe is read as a reference when it is loaded."""
    if isinstance(value, str):
        return value.replace(SIGN, LITERAL_SIGN)
    if isinstance(value, dict):
        return {key: literal(item) for key, item in value.items()}
    return [literal(item) for item in value] if isinstance(value, list) else value


def _whose(kinds: Sequence[Kind], world: Snapshot) -> str:
    """Return a hint: the projects that own the objects or, without objects, a way to start."""
    owners = Counter(
        each.project
        for kind in owned(kinds)
        for each in world.objects.get(kind.resource, ())
        if each.project and not kind.retirement.is_final(each.fields)
    )
    if not owners:
        return "; `provisioner init` writes a project to start from"
    have = [f"project {shown(owner)} has {count}" for owner, count in sorted(owners.items())]
    return f"; {', '.join(have)} (`provisioner export --project {quote(min(owners))}`)"


class _Dumper(yaml.SafeDumper):
    """Quotes strings that provisioner, but not YAML 1.1, would read as another type: 08123 or 0o7."""


_Dumper.add_representer(
    str,
    lambda dumper, text: dumper.represent_scalar(
        "tag:yaml.org,2002:str", text, style=None if plain(text) == text else "'"
    ),
)


def _with_comments(
    text: str,
    sections: Mapping[str, Sequence[str]],
    ids: Mapping[str, str],
    remarks: Mapping[str, Sequence[str]],
) -> Iterator[str]:
    """Yield the lines of a document, with the id of each object next to its name, and its remarks below."""
    section, names = "", iter([""])
    for line in text.splitlines(keepends=True):
        if line[0] not in " -":
            section = line.partition(":")[0]
            names = iter(sections.get(section, ()))
        elif section in sections and _NAME.match(line):
            address = f"{section}.{next(names)}"
            if _ID.fullmatch(ids[address]):
                line = f"{line.rstrip()}  # {ids[address]}\n"  # noqa: PLW2901 - its remark
            yield line
            yield from (f"    # {remark}\n" for remark in remarks.get(address, ()))
            continue
        yield line


def _section(kind: Kind, world: Snapshot, surveyed: Inventory, used: Collection[Any]) -> Tree:
    """Build a section, oldest object first, so that names do not change when objects are added."""
    section: Tree = {}
    managed = {live.id: address for address, live in surveyed.estates[kind.name].current.items()}
    resolved = resolver(kind.fields, surveyed.resolve)
    for each in reversed(world.objects.get(kind.resource, ())):
        if kind.retirement.is_final(each.fields) or (each.project and each.id not in managed):
            continue
        if not kind.retirement.can_end and each.id not in used and each.id not in managed:
            continue
        fields = resolved(each.fields)
        address = managed.get(each.id) or _address(kind, fields, section)
        surveyed.by_id[each.id] = address
        currency = kind.currency(address, fields) or ""
        if not currency and (home := str(world.account.get("default_currency") or "")):
            found = dict(fields)  # with the account's currency where Stripe shows none
            for field in kind.fields:
                below = found.get(field.name) or {}
                amounts = any(below.get(sub.name) and sub.has_amounts for sub in field.fields)
                if field.amounts_in and amounts and field.amounts_in not in below:
                    found[field.name] = {**below, field.amounts_in: home}
            fields, currency = found, home
        block = section[address.name] = _tree(kind.fields, fields, currency)
        stamp = each.ownership
        lifecycle: Tree = {"protect": True} if stamp and stamp.protect else {}
        if stamp and stamp.on_remove != DEACTIVATE and stamp.on_remove in removals(kind):
            lifecycle["on_remove"] = stamp.on_remove
        if lifecycle:
            block["lifecycle"] = lifecycle
    return section


def _address(kind: Kind, fields: Mapping[str, Any], taken: Mapping[str, Any]) -> Address:
    """Derive a unique name from the object's name, or from its reference and its type."""
    refers = next((f"{value.address.name}" for value in fields.values() if isinstance(value, Ref)), "")
    named = str(fields.get(kind.named_by[0]) or "")
    text = named.partition("://")[2] or named  # an address without its scheme
    text = text or "-".join(part for part in (refers, str(fields.get("type", ""))) if part)
    plain = unicodedata.normalize("NFKD", text.casefold()).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:80] or kind.name
    number = 1
    while (name := slug if number == 1 else f"{slug}-{number}") in taken:
        number += 1
    return Address(kind.section, name)


def _tree(fields: Sequence[Field], have: Mapping[str, Any], currency: str) -> Tree:
    out: Tree = {}
    for field in fields:
        value = have.get(field.name)
        if value is None or not field.exported or field.secret or value in field.server_defaults:
            continue
        match field.shape:
            case Shape.HASH:
                value = _tree(field.fields, value, currency)
            case Shape.TABLE:
                value = [_tree(field.fields, row, currency) for row in value]
            case Shape.MAP:
                value = {name: text for name, text in value.items() if text and not name.startswith(PREFIX)}
            case Shape.REF if isinstance(value, Ref):
                value = value.address.name
            case Shape.AMOUNT if currency:
                value = f"{show_number(value, currency)} {currency.upper()}"
            case _:
                value = list(value) if isinstance(value, tuple) else value
        if value not in (None, {}, []):
            out[field.name] = value
    return out


def _factor_out(cards: dict[str, Tree]) -> Tree:
    """Move settings that two or more cards share into profiles, and return the profiles."""
    shapes = {
        name: json.dumps({key: card[key] for key in SHARED if key in card}) for name, card in cards.items()
    }
    counts = Counter(shapes.values())
    names = {shape: f"shared-{n}" for n, shape in enumerate((s for s, c in counts.items() if c > 1), start=1)}
    profiles = {name: json.loads(shape) for shape, name in names.items()}
    for card, shape in shapes.items():
        if shape in names:
            rest = {name: value for name, value in cards[card].items() if name not in SHARED}
            cards[card] = {"use": names[shape], **rest}
    return profiles
