"""Describes schema errors in words: the problem and the fix."""

from collections.abc import Collection
from typing import Any

from provisioner.config.schema.field_schema import AMOUNT_SAYS
from provisioner.config.schema.validate import Misfit
from provisioner.config.text.near import near, near_category
from provisioner.config.text.scalar import LONGEST_SHOWN, Odd, Secret, from_outside, shown
from provisioner.kinds.categories import CATEGORIES, CATEGORY_OF

FEW = 12
_TERRAFORM = {"prevent_destroy": "protect", "ignore_changes": "ignore"}
_NOUNS = {
    "string": "a string",
    "integer": "a whole number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping (lines of `key: value`)",
}


_KINDS = {  # types of values; bool first, as a bool is also an int
    bool: "a boolean",
    int: "a number",
    str: "a string",
    list: "a list",
    dict: "a mapping",
}


def say(misfit: Misfit, *, raw: str | None, hidden: bool) -> str:
    """
    Describe a schema error.

    `raw` is the scalar as written in the file; a `hidden` value is not quoted.
    """
    match misfit.keyword:
        case "additionalProperties":
            key, known = misfit.path[-1], list(misfit.schema.get("properties", {}))
            subs = misfit.schema.get("properties", {}).items()
            places = (name for name, sub in subs if key in sub.get("properties", ()))
            under = next((f"; did you mean {key!r} under {name!r}?" for name in places), "")
            close = _terraform(key, known) or under or near(key, known)
            here = close if close or len(known) > FEW else f"; valid keys: {', '.join(known)}"
            return f"unknown key {key!r}{here}"
        case "required":
            doc = misfit.schema["properties"][misfit.value].get("description", "").partition(". ")[0]
            return f"{misfit.value!r} is missing{f': {doc}' if doc else ''}"
        case "propertyNames":
            name, schema = misfit.value, misfit.schema
            match schema["keyword"]:
                case "maxLength":
                    too_long = f"key {name[:20]!r}... has {len(name)} characters"
                    return f"{too_long}; the maximum is {schema['maxLength']}"
                case "minLength":
                    return "a key must not be empty; give it a name"
                case _:
                    return f"{name[:LONGEST_SHOWN]!r} is not valid; {schema['patternErrorMessage']}"
        case "type":
            return _name(misfit) + _wrong_type(misfit, raw=raw, hidden=hidden)
        case "enum":
            return _name(misfit) + _not_a_choice(misfit, hidden=hidden)
        case _:
            return _name(misfit) + _out_of_bounds(misfit, raw=raw, hidden=hidden)


def _terraform(key: Any, known: Collection[str]) -> str:
    """Suggest the key that corresponds to a Terraform key, or where that key belongs."""
    meant = _TERRAFORM.get(key, "")
    if meant in known:
        return f"; did you mean {meant!r}?"
    return f"; did you mean {meant!r} under 'lifecycle'?" if meant and "lifecycle" in known else ""


def _category(misfit: Misfit, code: str) -> str:
    """Suggest the merchant category for a merchant category code."""
    category = CATEGORY_OF.get(code)
    is_meant = category is not None and category in misfit.schema.get("enum", ())
    return f"{code} is a merchant category code (MCC); write {category}" if is_meant else ""


def _out_of_bounds(misfit: Misfit, *, raw: str | None, hidden: bool) -> str:
    """Describe a value of the right type that is too long, out of range, or does not match its pattern."""
    bound = misfit.schema[misfit.keyword]
    match misfit.keyword:
        case "pattern":
            says = misfit.schema["patternErrorMessage"]
            return f"{_shown(misfit.value, raw, hidden=hidden)} is not valid; {says}"
        case "minLength":
            return "must not be empty; remove the key instead"
        case "maxLength":
            return f"has {len(misfit.value)} characters; the maximum is {bound}"
        case "maxProperties":
            return f"has {len(misfit.value)} keys; the maximum is {bound}"
        case _:
            least = "at least" if misfit.keyword == "minimum" else "at most"
            return f"{_shown(misfit.value, raw, hidden=hidden)} is out of range; must be {least} {bound}"


def _name(misfit: Misfit) -> str:
    """Return the field's name as a prefix; for an item of a list, the name of the list."""
    names = [key for key in misfit.path if isinstance(key, str)]
    return f"{names[-1]!r}: " if names else ""


def _shown(value: Any, raw: str | None, *, hidden: bool) -> str:
    if hidden or from_outside(value):
        return "this value"
    return shown(value if isinstance(value, str) else str(value if raw is None else raw))


def _not_a_choice(misfit: Misfit, *, hidden: bool) -> str:
    choices = [choice for choice in misfit.schema["enum"] if choice is not None]
    if category := _category(misfit, "" if from_outside(misfit.value) else str(misfit.value)):
        return category
    value = _shown(misfit.value, None, hidden=hidden)
    suggest = near_category if CATEGORIES[0] in choices else near
    close = "" if hidden or isinstance(misfit.value, Secret) else suggest(misfit.value, map(str, choices))
    if len(choices) > FEW:
        return f"{value} is not one of Stripe's {len(choices)} values{close}"
    if len(choices) == 1:
        return f"{value} is not valid; must be {choices[0]}"
    return f"{value} is not one of {', '.join(map(str, choices))}{close}"


def _wrong_type(misfit: Misfit, *, raw: str | None, hidden: bool) -> str:
    types, value = misfit.schema["type"], misfit.value
    wanted = [types] if isinstance(types, str) else [each for each in types if each != "null"]
    kind = next((words for of, words in _KINDS.items() if isinstance(value, of)), "null")
    what = value.what if isinstance(value, Odd) else kind
    if wanted == ["string"] and isinstance(value, bool | int | Odd):
        unsaid = from_outside(value) or (hidden and not isinstance(value, bool))
        text = raw if raw is not None else value.raw if isinstance(value, Odd) else str(value)
        if not unsaid and (category := _category(misfit, text)):
            return category
        quoted = "" if unsaid else f': "{text[:LONGEST_SHOWN]}"'
        return f"expected a string, got {what}; quote it{quoted}"
    if "integer" in wanted and "string" in wanted:
        return f"expected an amount, got {what}; {AMOUNT_SAYS}"
    nouns = " or ".join(_NOUNS[each] for each in wanted)
    hint = ""
    if wanted == ["array"] and isinstance(value, str) and not hidden and not isinstance(value, Secret):
        hint = f"; write [{value[:LONGEST_SHOWN]}]"
    elif wanted in (["integer"], ["boolean"]) and isinstance(value, str):
        quoted = "; remove the quotes" if raw is None else ""
        hint = (
            "; values from the environment and from files are strings"
            if isinstance(value, Secret)
            else quoted
        )
    return f"expected {nouns}, got {what}{hint}"
