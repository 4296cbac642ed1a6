"""The state of an account without values that differ from run to run, such as ids, numbers, and times."""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from provisioner.core.model.snapshot import issuing_rows
from provisioner.core.ownership.marks import ADDRESS, APPLIED, GENERATION, LIFECYCLE, lasting
from provisioner.core.schema.kind import Kind
from provisioner.engine.ports import Reader

VOLATILE = frozenset({"id", "created", "last4", "exp_month", "exp_year", "expected_availability_date"})
VOLATILE |= {"balance_transaction", "eta", "tracking_number", "tracking_url"}
OTHERS = ("tu_", "file_")  # the prefixes of ids of objects that are not of any kind

Picture = Counter[str]


def picture(reader: Reader, kinds: Sequence[Kind]) -> Picture:
    """Count every object of the kinds with all its values, by address and generation, and the balance."""
    found = [item for kind in kinds for item in reader.list(kind.resource)]
    names = {str(item["id"]): _name(item) for item in found}
    prefixes = "|".join(filter(None, [*(kind.id_prefix for kind in kinds), *OTHERS]))
    ids = re.compile(rf"\b(?:{prefixes})[A-Za-z0-9]+\b")
    texts = (ids.sub(lambda match: names.get(match[0], "another"), _told(item)) for item in found)
    seen = Counter(f"{_name(item)} {text}" for item, text in zip(found, texts, strict=True))
    available = issuing_rows(reader.retrieve("balance"))
    seen[f"balance {json.dumps(available, sort_keys=True)}"] += 1
    return seen


def differences(expected: Picture, found: Picture) -> list[str]:
    """Describe objects that are missing or should not exist, by name and status."""
    more = [f"{_short(entry)} should not exist" for entry in (found - expected).elements()]
    less = [f"{_short(entry)} is missing" for entry in (expected - found).elements()]
    return sorted(more + less)


def _name(item: Mapping[str, Any]) -> str:
    marks = item.get("metadata") or {}
    generation = f"#{marks[GENERATION]}" if GENERATION in marks else ""
    return f"{marks.get(ADDRESS, 'unmanaged')}{generation}"


def _told(item: Mapping[str, Any]) -> str:
    lasting = _lasting(item)
    if item.get("status") == "canceled":
        # Stripe cancels a replaced card, or provisioner does after an interrupted run; only provisioner
        # records it.
        lasting["metadata"] = {k: v for k, v in lasting["metadata"].items() if k not in APPLIED}
    return json.dumps(lasting, sort_keys=True)


def _lasting(value: Any) -> Any:
    if isinstance(value, Mapping):
        same = {name: _lasting(item) for name, item in value.items() if name not in VOLATILE}
        return same | {LIFECYCLE: lasting(same[LIFECYCLE])} if LIFECYCLE in same else same
    return [_lasting(item) for item in value] if isinstance(value, list) else value


def _short(entry: str) -> str:
    name, _, told = entry.partition(" ")
    told_of = json.loads(told)
    if isinstance(told_of, list):
        return f"{name} of {', '.join(str(row.get('amount')) for row in told_of)}"
    facts = [str(told_of[key]) for key in ("status", "amount") if key in told_of]
    return f"{name} ({', '.join(facts)})"
