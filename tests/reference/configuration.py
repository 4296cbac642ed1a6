"""Write the page of the configuration's blocks and fields, from the kinds and the schemas."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from provisioner.config.schema.configuration import definition_of, json_schema
from provisioner.config.schema.field_schema import MANY_CHOICES
from provisioner.config.schema.grant_fields import SECTION as GRANTS
from provisioner.config.schema.grant_fields import grant_fields
from provisioner.config.schema.scenario_fields import FIELDS, SECTION
from provisioner.core.model.limits import DEFAULT_A_DAY
from provisioner.core.model.money import show_money
from provisioner.core.model.resource import SECRET_TO
from provisioner.core.model.upload import Upload
from provisioner.core.plan.document import GUARDRAILS
from provisioner.core.plan.guardrails import ENDLESS, FEW, SHARE
from provisioner.core.schema.field import Field, OnChange, Shape, neutral
from provisioner.core.schema.kind import FieldFault, Kind
from provisioner.fleet.fleet_schema import fleet_schema
from provisioner.kinds import KINDS
from provisioner.kinds.categories import CATEGORIES
from provisioner.kinds.event_types import API_VERSIONS, EVENT_TYPES
from provisioner.kinds.postal import COUNTRY
from provisioner.kinds.spending_controls import INTERVALS, PAIRS, monthly_exposure

from . import markdown, schemas
from .examples import EXAMPLES
from .markdown import code, codes, folded, prose, table

SCHEMA = json_schema(KINDS)
SETTINGS_HEAD = ("key", "type", "required", "meaning")
HEAD = ("field", "type", "default", "on change", "on removal", "meaning")
WRITES = {
    "protect": "metadata",
    "on_remove": "metadata",
    "previously": "metadata, if it renames",
    "ignore": "writes nothing",
    "reissue": "a new card; the current one is canceled, which is irreversible",
}
SHAPES = {
    Shape.TEXT: "string",
    Shape.INTEGER: "integer",
    Shape.BOOLEAN: "`true` | `false`",
    Shape.AMOUNT: "[amount](#values)",
    Shape.HASH: "mapping",
    Shape.TABLE: "list of rows",
    Shape.MAP: "mapping of strings",
    Shape.FILE: "`{file: PATH}`",
}
PAIRED = tuple({"spending_controls": {one: ["a"], other: ["b"]}} for one, other in PAIRS)
SCENES: Mapping[str, Sequence[Mapping[str, Any]]] = {
    # the fields that each check between fields is given, so that it reports its message
    "cardholder": [
        *PAIRED,
        {"type": "company", "individual": {}},
        {"type": "individual", "company": {}},
        {"individual": {"dob": {"day": 31, "month": 2, "year": 1990}}},
    ],
    "card": [
        *PAIRED,
        {"type": "physical"},
        {"type": "virtual", "shipping": {}},
        {"type": "physical", "shipping": {}, "exp_month": 1, "exp_year": 2030},
        {"type": "virtual", "exp_month": 1},
        {"replacement_for": "ic_1Abc"},
    ],
    "webhook endpoint": [{}],
    "personalization design": [{"card_logo": Upload("logo.png", b"", "issuing_logo")}],
    "balance target": [{"target": 1, "top_up_below": 2}, {"target": 9, "min_top_up": 3, "max_top_up": 2}],
}


LONG_LISTS = {CATEGORIES: "categories", EVENT_TYPES: "types of events", API_VERSIONS: "API version"}
CURRENCIES = {field.amounts_in for kind in KINDS for field in kind.fields} - {""}


def page() -> str:
    """Return the page: files, settings, each kind, scenarios, fleets, and the long lists."""
    return markdown.page(
        "Configuration",
        prose(
            "PATH is a file or a folder. In a folder, all `*.yaml` and `*.yml` files are loaded, "
            "including those in subfolders, except for hidden folders and `environments/`. Sections from "
            "different files are merged; each address can appear only once. With `--env NAME`, the "
            "overrides in `environments/NAME.yaml` are applied: mappings are merged key by key, and null "
            "removes a key or a whole block (`ads: null` under `cards`). `provisioner schema` prints the "
            "JSON Schema that editors and the validation use."
        ),
        "## Top level",
        table(SETTINGS_HEAD, _settings()),
        prose(
            f"Without `max_retired`, a plan is blocked if it removes or replaces more than {SHARE:.0%} of a "
            f"kind that has {FEW} or more objects; requested reissues do not count. A plan is always "
            "blocked if it removes or replaces a protected object, or if it cancels a working card whose "
            "replacement cannot be activated because Stripe will hold back its cardholder (`stranded`). "
            "`--allow NAME=NUMBER` allows one plan to exceed a guardrail, up to the number; the names are "
            f"{codes(GUARDRAILS)}. If a plan exceeds a guardrail in several currencies or for several "
            "kinds, pass a number for each: `top_up.usd=5000`, `retired.cards=14`. Write money in minor "
            "units or with its currency: `--allow top_up=9,900.00USD`. `--allow "
            f"exposure_added={ENDLESS}` allows unlimited cards. A plan lists the guardrails that "
            "would block it, and so does its JSON (`stopped_by`)."
        ),
        prose(
            "`max_top_up` and `max_exposure_added` apply to all currencies: a currency that is not listed "
            "has a limit of zero. If the key is missing, there is no such limit."
        ),
        *_exposure(),
        *_values(),
        *(part for kind in KINDS for part in _kind(kind)),
        "## lifecycle",
        prose(
            "Settings for how provisioner manages an object. They are stored in Stripe only "
            "as [metadata](metadata.md)."
        ),
        _example("lifecycle"),
        table(("field", "type", "on change", "meaning"), _lifecycle()),
        f"## {GRANTS}",
        prose(
            "Spending power for a while, by name. While a grant holds, it is laid over the cards that it "
            "names; where several give the same, the widest counts. It only ever widens: a higher limit of "
            "the card stays. Stripe's clock says whether it holds. After its end, the plan is the way back, "
            "and `apply --expired-grants` makes only that part. See "
            "[Raise a limit for a while](../how-to/raise-a-limit.md#for-a-while)."
        ),
        _example(GRANTS),
        table(("field", "type", "default", "meaning"), [_plain(row) for row in _fields(grant_fields(KINDS))]),
        f"## {SECTION}",
        prose(
            "Test purchases, by name, with the result that is expected for a card. `provisioner test` "
            "runs them, and a plan lists those whose result it changes."
        ),
        _example(SECTION),
        table(("field", "type", "default", "meaning"), [_plain(row) for row in _fields(FIELDS)]),
        "## fleet.yaml",
        prose("The accounts of a fleet, for `provisioner fleet`. See [docs/fleet.md](../fleet.md)."),
        _example("fleet"),
        table(SETTINGS_HEAD, _fleet()),
        "## Long lists",
        folded(f"The {len(CATEGORIES)} merchant categories", codes(CATEGORIES)),
        folded(f"The {len(EVENT_TYPES)} types of events", codes(EVENT_TYPES)),
        folded(f"The {len(API_VERSIONS)} API versions", codes(API_VERSIONS)),
        folded("Countries (ISO 3166)", codes(COUNTRY.removeprefix("^(?:").removesuffix(")$").split("|"))),
    )


def _example(name: str) -> str:
    return f"```yaml\n{EXAMPLES[name]}```"


def _settings() -> Iterator[schemas.Row]:
    sections = {kind.section for kind in KINDS} | {SECTION}
    for name, sub in SCHEMA["properties"].items():
        if name in sections:
            yield code(name), "mapping", "", f"{sub['description']} See [{name}](#{name})."
        elif name in ("profiles", "vars"):
            yield code(name), "mapping", "", sub["description"]
        else:
            whole = {"properties": {name: _without_null(sub)}, "required": ["version", "project"]}
            for key, what, _, meaning in schemas.rows(whole, SCHEMA["definitions"]):
                yield key, _amounts(what), "yes" if key in ("`version`", "`project`") else "", meaning


def _without_null(schema: Any) -> Any:
    """Leave out null: every key accepts it, and it means the same as a missing key."""
    if isinstance(schema, dict):
        return {key: _without_null(value) for key, value in schema.items()}
    return [each for each in schema if each not in ("null", None)] if isinstance(schema, list) else schema


def _amounts(what: str) -> str:
    if "integer or string" in what:
        return "[amount](#values), or amounts by currency" if "mapping" in what else "[amount](#values)"
    return what


def _exposure() -> Iterator[str]:
    """Explain how limits become monthly exposure, with figures from the code that computes it."""
    default = monthly_exposure({"status": "active", "currency": "usd"})
    yield "### Exposure added"
    yield prose(
        "Exposure added is the amount by which a plan raises the possible spending of cards per month, "
        "for each currency: the `spending_limits` of each card, and for all cards of one cardholder "
        "together the limits of the cardholder. It is the worst case: the month that fits the most of the "
        "limit's intervals."
    )
    yield table(("a card's limit", "times per month", "$9.00 counts as"), map(_window, INTERVALS))
    yield prose(
        "If there are several limits, the smallest one counts. A limit for only some `categories` does "
        "not count, because spending in other categories is not limited; nor does a limit "
        "`per_authorization`, because the number of purchases is not limited. A card without any limit has "
        f"Stripe's default of {DEFAULT_A_DAY} per day in its currency, which counts as "
        f"{show_money(default or 0, 'usd')}. A card that has only limits that do not count is *unlimited* "
        f"unless its cardholder has a limit: give it a limit, or pass `--allow exposure_added={ENDLESS}`."
    )
    yield prose(
        "Cards of an inactive or blocked cardholder cannot spend. Activating the cardholder adds the "
        "amount that its cards can spend from then on, and counts the cards as activated. A cardholder's "
        "limit applies only to cards in its own currency; limits of a cardholder that is not managed by "
        "the project are not known. Limits that a plan lowers are not subtracted from those it raises, "
        "and neither is the available balance."
    )


def _window(interval: str) -> tuple[str, str, str]:
    fields = {
        "status": "active",
        "spending_controls": {"spending_limits": [{"amount": 900, "interval": interval}]},
    }
    bound = monthly_exposure(fields)
    if bound is None:
        return code(interval), "unlimited", "unlimited"
    times = bound // 900
    return code(interval), str(times), show_money(bound, "usd")


def _values() -> Iterator[str]:
    yield "## Values"
    yield (
        "- **Amounts** are whole minor units (`200000`, which is $2,000.00) or strings with a currency "
        '(`"2,000.00 USD"`).\n'
        "- **Names** (of resources, profiles, variables, scenarios) consist of letters, digits, and `_ . "
        "-`, and have at most 100 characters.\n"
        "- **`${var.NAME}`** is replaced with a variable (`vars:`, or `--var NAME=VALUE`), `${env.NAME}` "
        "with an environment variable, and `${file.PATH}` with the contents of a file. The last two are "
        "sensitive: they never appear in a plan, log, or file. Where an integer is expected, one of them "
        "can be the whole value and contain its digits. Write `$${` for a literal `${`. Replaced values "
        "are not searched for further references, and keys cannot contain references. `project`, `mode`, "
        "and `account` are shown in output, so they can use only `${var.NAME}`.\n"
        "- **Access to files and variables**: a file must be in the folder of the configuration (for a "
        "single file, its own folder), after links are resolved, and cannot be hidden, such as `.git` and "
        "`.env`. A variable cannot have one of the names that [keys have](environment.md). YAML files "
        "that are links must point into the folder, too. `--allow-file PATH` and `--allow-env NAME` make "
        "exceptions.\n"
        "- **`use:`** takes the fields of one profile, or of several in the given order. Mappings are "
        "merged, and the resource's own keys take precedence. A key set to `null` removes the profile's "
        "key, and leaves the field unset.\n"
        "- **Empty values count**: `spending_controls: {}` means that there are no controls, so controls "
        "that somebody adds by hand are a change; Stripe's own limit of 500 per day never is. The same is "
        "true of an empty list, `[]`.\n"
        "- **Warnings** do not stop a command: stderr lists values that Stripe may reject, where Stripe's "
        "sources disagree, with their place in the YAML."
    )
    yield "The tables of fields use these terms:"
    yield (
        "- **on change**: *in place* means that the object is updated; *replaced* means that a new object "
        "is created and the old one is deactivated or canceled, because Stripe cannot change the field.\n"
        "- **on removal**: the effect of removing a value from the configuration after it was applied. "
        "*cleared* and *back to* take effect with the next apply; *stays* means that Stripe has no way to "
        "clear the value, and the plan says so; *left alone* means that the plan does not mention the "
        "value without the resource it belongs to. A field that was never in the configuration is left "
        "alone.\n"
        "- **never shown**: appears as `(sensitive value)` in every plan, log, and file."
    )


def _kind(kind: Kind) -> Iterator[str]:
    yield f"## {kind.section}"
    yield prose(f"{kind.doc} {_life(kind)}")
    yield _example(kind.section)
    yield table(
        HEAD,
        [
            ("`use`", "string or list of strings", "", "", "", _own(kind, "use")),
            *_own_lifecycle(kind),
            *_own_secret(kind),
            *_rows(kind),
        ],
    )
    gives = [path for path, field in _walk(kind.fields) if field.direction is not neutral]
    if gives:
        yield prose(
            f"Edits of {codes(gives)} can raise spending (*broadening*); `guardrails.require_approval` "
            "applies to them."
        )
    faults = list(dict.fromkeys(map(_fault, (f for scene in SCENES[kind.name] for f in kind.check(scene)))))
    yield "Rules between fields:\n\n" + "\n".join(f"- {text}" for text in faults)


def _fault(fault: FieldFault) -> str:
    """Return a rule between fields, in the words of the check's message."""
    return fault.text if "'" in fault.text else f"`{'.'.join(map(str, fault.path))}`: {fault.text}"


def _life(kind: Kind) -> str:
    if not kind.is_owned:
        return (
            f"{kind.name_says[0].upper()}{kind.name_says[1:]}. A balance target is not an object in "
            "Stripe: a change takes effect with the next plan, and a target that is removed from the "
            "configuration is no longer checked."
        )
    inactive, canceled = (
        codes(f"{name}: {str(value).lower()}" for name, value in params.items())
        for params in (kind.retirement.deactivate, kind.retirement.cancel)
    )
    text = (
        f"IDs begin with {code(kind.id_prefix)}. A {kind.name} that is no longer in the configuration is "
        f"deactivated ({inactive}); if it is added again, the same object is reactivated. "
    )
    if canceled:
        return f"{text}With `on_remove: cancel` it is canceled ({canceled}), which is irreversible."
    if kind.retirement.deletes:
        return f"{text}With `on_remove: cancel` it is deleted, which is irreversible."
    return f"{text}Stripe cannot delete a {kind.name}."


def _own(kind: Kind, name: str) -> str:
    return str(SCHEMA["definitions"][definition_of(kind)]["properties"][name]["description"])


def _own_lifecycle(kind: Kind) -> Iterator[Sequence[str]]:
    if kind.is_owned:
        yield "`lifecycle`", "mapping", "", "", "", f"{_own(kind, 'lifecycle')} See [lifecycle](#lifecycle)."


def _own_secret(kind: Kind) -> Iterator[Sequence[str]]:
    if kind.secret:
        ways = SCHEMA["definitions"][definition_of(kind)]["properties"][SECRET_TO]["properties"]
        asked = "hands over nothing until there is a new secret"
        yield code(SECRET_TO), "mapping", "", asked, "", _own(kind, SECRET_TO)
        for name, way in ways.items():
            what = "list of strings" if way["type"] == "array" else "string"
            yield code(f"{SECRET_TO}.{name}"), what, "", "", "", way["description"]


def _lifecycle() -> Iterator[tuple[str, str, str, str]]:
    """Describe the lifecycle of cards, which has every key, and note which keys other kinds lack."""
    cards, holders = (
        SCHEMA["definitions"][name]["properties"]["lifecycle"] for name in ("card", "cardholder")
    )
    removals = set(cards["properties"]["on_remove"]["enum"]) - set(holders["properties"]["on_remove"]["enum"])
    for key, what, _, meaning in schemas.rows(cards, SCHEMA["definitions"]):
        name = key.strip("`").partition(".")[0]
        only = "" if name in holders["properties"] else " Cards only."
        if name == "on_remove":
            only = f" {codes(sorted(removals))} is not for cardholders."
        yield key, what, WRITES[name], meaning + only


Cells = tuple[str, str, str, str, str, str]


def _rows(kind: Kind) -> Iterator[Cells]:
    for cells in _fields(kind.fields):
        yield cells if kind.is_owned else (*cells[:3], "", "", cells[5])


def _fields(fields: Sequence[Field], prefix: str = "", above: OnChange = OnChange.UPDATE) -> Iterator[Cells]:
    for field in fields:
        path, change = (
            f"{prefix}{field.name}",
            OnChange.REPLACE if above is OnChange.REPLACE else field.on_change,
        )
        yield (
            code(path),
            _type(field),
            _default(field),
            _change(field, change),
            _gone(field, change),
            _meaning(field),
        )
        yield from _fields(field.fields, f"{path}[]." if field.shape is Shape.TABLE else f"{path}.", change)


def _walk(fields: Sequence[Field], prefix: str = "") -> Iterator[tuple[str, Field]]:
    for field in fields:
        yield f"{prefix}{field.name}", field
        yield from _walk(field.fields, f"{prefix}{field.name}.")


def _type(field: Field) -> str:
    if field.shape is Shape.REF:
        return (
            f"name under `{field.refers_to}`, or an id"
            if field.refers_to == "cardholders"
            else f"name under `{field.refers_to}`"
        )
    if field.shape in (Shape.SET, Shape.LIST):
        return f"{'set' if field.shape is Shape.SET else 'list'} of {_word(field)}"
    if field.shape is Shape.TEXT:
        return _word(field)
    if field.shape is Shape.INTEGER and field.low is not None and field.high is not None:
        return f"integer, {field.low} to {field.high}"
    return SHAPES[field.shape]


def _word(field: Field) -> str:
    if len(field.choices) > MANY_CHOICES:
        return f"[{LONG_LISTS[field.choices]}](#long-lists)"
    if field.choices:
        return " | ".join(map(code, field.choices)) + (", or others" if field.open_choices else "")
    if field.pattern == COUNTRY:
        return "[countries](#long-lists)" if field.shape is Shape.SET else "[country](#long-lists)"
    if field.pattern_says:
        return f"string: {field.pattern_says}"
    return "string"


def _default(field: Field) -> str:
    if field.required:
        return "required"
    return code(str(field.default).lower() if isinstance(field.default, bool) else field.default or "")


def _change(field: Field, change: OnChange) -> str:
    if field.shape is Shape.HASH and change is OnChange.UPDATE:
        return ""
    return "replaced" if change is OnChange.REPLACE else "in place"


def _gone(field: Field, change: OnChange) -> str:
    """Return what a plan does with a value that is no longer in the configuration."""
    if field.shape is Shape.HASH or field.required:
        return ""
    if field.shape is Shape.MAP:
        return "cleared, key by key"
    if field.name in CURRENCIES:
        return "left alone"
    if change is OnChange.REPLACE or field.write_only:
        return "stays"
    if field.default is not None:
        return f"back to {_default(field)}"
    return "cleared" if field.clearable else "stays"


def _meaning(field: Field) -> str:
    parts = [field.doc]
    if field.low is not None and field.shape is Shape.AMOUNT and field.low:
        parts += [f"At least {field.low}."]
    if field.example is not None:
        parts += [
            (
                "Example: "
                f"{code(field.example) if not isinstance(field.example, list) else codes(field.example)}."
            )
        ]
    if field.stripe_only_values:
        parts += [f"Stripe can set {codes(field.stripe_only_values)}, and no plan tries to change that."]
    if field.sensitive:
        parts += ["Never shown."]
    return " ".join(parts)


def _plain(row: Cells) -> tuple[str, str, str, str]:
    return (*row[:3], row[5])


def _fleet() -> Iterator[schemas.Row]:
    found = fleet_schema()
    for key, what, always, meaning in schemas.rows(found, found["definitions"]):
        yield key, what, "yes" if always else "", meaning
