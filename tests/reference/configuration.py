"""Every block and field of the configuration, from the kinds and the schemas."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from provisioner.config.schema.configuration import definition_of, json_schema
from provisioner.config.schema.field_schema import MANY_CHOICES
from provisioner.config.schema.scenario_fields import FIELDS, SECTION
from provisioner.core.model.money import show_money
from provisioner.core.plan.document import GUARDRAILS
from provisioner.core.plan.guardrails import ENDLESS, FEW, SHARE
from provisioner.core.schema.field import Field, OnChange, Shape, neutral
from provisioner.core.schema.kind import FieldFault, Kind
from provisioner.fleet.fleet_schema import fleet_schema
from provisioner.kinds import KINDS
from provisioner.kinds.categories import CATEGORIES
from provisioner.kinds.postal import COUNTRY
from provisioner.kinds.spending_controls import INTERVALS, PAIRS, monthly_exposure

from . import markdown, schemas
from .examples import EXAMPLES
from .markdown import code, codes, folded, prose, table

SCHEMA = json_schema(KINDS)
SETTINGS_HEAD = ("key", "type", "required", "meaning")
HEAD = ("field", "type", "default", "a change", "taken away", "meaning")
WRITES = {
    "protect": "metadata",
    "on_remove": "metadata",
    "previously": "metadata, where it renames",
    "ignore": "writes nothing",
    "reissue": "a new card; the present one ends for good",
}
SHAPES = {
    Shape.TEXT: "text",
    Shape.INTEGER: "integer",
    Shape.BOOLEAN: "`true` | `false`",
    Shape.AMOUNT: "[amount](#values)",
    Shape.HASH: "mapping",
    Shape.TABLE: "list of rows",
    Shape.MAP: "mapping of texts",
}
PAIRED = tuple({"spending_controls": {one: ["a"], other: ["b"]}} for one, other in PAIRS)
SCENES: Mapping[str, Sequence[Mapping[str, Any]]] = {
    # what the checks between fields are shown, so that they say what they say
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
    "balance target": [{"target": 1, "top_up_below": 2}, {"target": 9, "min_top_up": 3, "max_top_up": 2}],
}


CURRENCIES = {field.amounts_in for kind in KINDS for field in kind.fields} - {""}


def page() -> str:
    """The page: files, settings, each kind, scenarios, fleets, and the long lists."""
    return markdown.page(
        "Configuration",
        prose(
            "PATH is a file, or a folder: then all `*.yaml` and `*.yml` in it count, recursively, without "
            "hidden folders and `environments/`. Sections merge; an address may be declared once. With "
            "`--env NAME`, `environments/NAME.yaml` is laid over the rest: mappings key by key, and null "
            "takes a key or a whole block away (`ads: null` under `cards`). `provisioner schema` prints the "
            "JSON Schema that editors and the checks use."
        ),
        "## Top level",
        table(SETTINGS_HEAD, _settings()),
        prose(
            f"Without `max_retired`, a plan is stopped that retires or replaces more than {SHARE:.0%} of a "
            f"kind that has {FEW} objects or more; a reissue that is asked for does not count. One that "
            "retires or replaces something protected is stopped always, and so is one that ends a working "
            "card whose successor cannot be activated, as Stripe will hold back its cardholder (`stranded`). "
            "`--allow NAME=NUMBER` lets one plan pass, up to the number; the names are "
            f"{codes(GUARDRAILS)}. A plan that is over one in several currencies, or for several kinds, "
            "wants a number for each: `top_up.usd=5000`, `retired.cards=14`. Money is named in minor units "
            'or with its currency: `--allow top_up="9,900.00 USD"`; '
            f"`--allow exposure_added={ENDLESS}` lets cards "
            "without a limit pass. A plan says which guardrails would stop it, and so does its JSON "
            "(`stopped_by`)."
        ),
        prose(
            "`max_top_up` and `max_exposure_added` are limits on all money: of a currency that one of them "
            "does not name, nothing passes. Without the key there is no such limit."
        ),
        *_exposure(),
        *_values(),
        *(part for kind in KINDS for part in _kind(kind)),
        "## lifecycle",
        prose(
            "What is the tool's own about a cardholder or a card. It never goes to Stripe but as "
            "[metadata](metadata.md)."
        ),
        _example("lifecycle"),
        table(("field", "type", "a change", "meaning"), _lifecycle()),
        f"## {SECTION}",
        prose(
            "Purchases, by name, and the answer expected of a card. `provisioner test` plays them; a plan "
            "names those it turns over."
        ),
        _example(SECTION),
        table(("field", "type", "default", "meaning"), [_plain(row) for row in _fields(FIELDS)]),
        "## fleet.yaml",
        prose("The accounts of a fleet, for `provisioner fleet`; [docs/fleet.md](../fleet.md) explains it."),
        _example("fleet"),
        table(SETTINGS_HEAD, _fleet()),
        "## Long lists",
        folded(f"The {len(CATEGORIES)} merchant categories", codes(CATEGORIES)),
        folded("Countries (ISO 3166)", codes(COUNTRY.removeprefix("^(?:").removesuffix(")$").split("|"))),
    )


def _example(name: str) -> str:
    return f"```yaml\n{EXAMPLES[name]}```"


def _settings() -> Iterator[schemas.Row]:
    sections = {kind.section for kind in KINDS} | {SECTION}
    for name, sub in SCHEMA["properties"].items():
        if name in sections:
            yield code(name), "by name", "", f"{sub['description']} See [{name}](#{name})."
        elif name in ("profiles", "vars"):
            yield code(name), "by name", "", sub["description"]
        else:
            whole = {"properties": {name: _without_null(sub)}, "required": ["version", "project"]}
            for key, what, _, meaning in schemas.rows(whole, SCHEMA["definitions"]):
                yield key, _amounts(what), "yes" if key in ("`version`", "`project`") else "", meaning


def _without_null(schema: Any) -> Any:
    """A null in the YAML is as nothing; it need not be told of every key."""
    if isinstance(schema, dict):
        return {key: _without_null(value) for key, value in schema.items()}
    return [each for each in schema if each not in ("null", None)] if isinstance(schema, list) else schema


def _amounts(what: str) -> str:
    if "integer or text" in what:
        return "[amount](#values), or amounts by currency" if "mapping" in what else "[amount](#values)"
    return what


def _exposure() -> Iterator[str]:
    """How limits are brought to a month, as the card's kind does it."""
    yield "### Exposure added"
    yield prose(
        "What a plan adds to what cards may spend in a month, by currency: each by its own "
        "`spending_limits`, and all cards of one cardholder together by the cardholder's. It is the worst "
        "case: the month that fits the most."
    )
    yield table(("a card's limit", "in a month", "$9.00 counts as"), map(_window, INTERVALS))
    yield prose(
        "Of several limits the smallest counts. A limit on some `categories` is left out, as it bounds "
        "nothing else; so is one `per_authorization`, as nothing bounds how often. A new card without any "
        "limit has Stripe's default of 500 per day. A card whose limits are removed, or that has none of "
        "those that count, is *unlimited*, unless its cardholder has a limit: give it one, or `--allow "
        f"exposure_added={ENDLESS}`."
    )
    yield prose(
        "Cards of an inactive or blocked cardholder cannot spend; activating the cardholder adds what they "
        "can spend from then on, and counts them as activated. A cardholder's limit bounds only cards in "
        "its own currency, and that of a cardholder which is not managed here is not known. What a plan "
        "lowers is not subtracted from what it raises, and neither is the money that is there."
    )


def _window(interval: str) -> tuple[str, str, str]:
    fields = {
        "status": "active",
        "spending_controls": {"spending_limits": [{"amount": 900, "interval": interval}]},
    }
    bound = monthly_exposure(fields)
    if bound is None:
        return code(interval), "bounds no month", "unlimited"
    times = bound // 900
    return code(interval), f"{times} times" if times > 1 else "as it is", show_money(bound, "usd")


def _values() -> Iterator[str]:
    yield "## Values"
    yield (
        "- **Amounts** are whole minor units (`200000`, which is $2,000.00) or texts with their currency "
        '(`"2,000.00 USD"`).\n'
        "- **Names** (of resources, profiles, variables, scenarios) are letters, digits and `_ . -`, at "
        "most 100 characters.\n"
        "- **`${var.NAME}`** stands for a variable (`vars:`, or `--var NAME=VALUE`), `${env.NAME}` for the "
        "environment's, `${file.PATH}` for a file's text. The last two are sensitive: shown in no plan, "
        "log or file. Where a whole number is wanted, one of them that is all of the value may hold its "
        "digits. `$${` is a plain `${`. What fills a hole is not read for holes again, and keys have none. "
        "`project`, `mode` and `account` are shown, so they take variables only.\n"
        "- **What is read**: a file lies in the folder of the configuration (that of a single file is its "
        "own), links followed, and is not hidden, as `.git` and `.env` are; a variable has no name of those "
        "that [hold keys](environment.md). YAML files that are links stay in the folder, too. The options "
        "`--allow-file PATH` and `--allow-env NAME` let more be read.\n"
        "- **`use:`** takes a profile's fields over, or those of several in that order; mappings merge, "
        "and the resource's own keys win. A key of `null` takes a profile's key away, and declares nothing.\n"
        "- **Empty is declared**: `spending_controls: {}` says that there are none, so what somebody adds "
        "by hand is a change; Stripe's own limit of 500 a day never is. The same holds for a list of `[]`.\n"
        "- **Warnings** stop nothing: what Stripe may refuse, where its sources disagree, is on stderr with "
        "its place."
    )
    yield "How to read the tables of fields:"
    yield (
        "- **a change**: *in place* is one update of the live object; *replaced* makes a new object and "
        "ends the old one, since Stripe cannot change the field.\n"
        "- **taken away**: what becomes of a value that was applied and is declared no more. *cleared* and "
        "*back to* happen with the next apply; *stays* means that Stripe has no way to clear it, and the "
        "plan says so; *left alone* that it says nothing without what it belongs to. A field that was never "
        "declared is left alone.\n"
        "- **never shown**: reads `(sensitive value)` in every plan, log and file."
    )


def _kind(kind: Kind) -> Iterator[str]:
    yield f"## {kind.section}"
    yield prose(f"{kind.doc} {_life(kind)}")
    yield _example(kind.section)
    yield table(
        HEAD,
        [
            ("`use`", "text or list of texts", "", "", "", _own(kind, "use")),
            *_own_lifecycle(kind),
            *_rows(kind),
        ],
    )
    gives = [path for path, field in _walk(kind.fields) if field.direction is not neutral]
    if gives:
        yield prose(
            f"Edits of {codes(gives)} can give spending power (*broadening*), which "
            "`guardrails.require_approval` looks at."
        )
    faults = list(dict.fromkeys(map(_fault, (f for scene in SCENES[kind.name] for f in kind.check(scene)))))
    yield "Between the fields:\n\n" + "\n".join(f"- {text}" for text in faults)


def _fault(fault: FieldFault) -> str:
    """A rule between fields, as the check says it."""
    return fault.text if "'" in fault.text else f"`{'.'.join(map(str, fault.path))}`: {fault.text}"


def _life(kind: Kind) -> str:
    if not kind.is_owned:
        return (
            f"{kind.name_says[0].upper()}{kind.name_says[1:]}. It has no object of its own: a change counts "
            "from the next plan on, and one that leaves the YAML is simply watched no more."
        )
    inactive, canceled = (
        codes(f"{name}: {value}" for name, value in params.items())
        for params in (kind.retirement.deactivate, kind.retirement.cancel)
    )
    text = f"Ids begin with {code(kind.id_prefix)}. One that leaves the YAML is deactivated ({inactive}); "
    text += "declared again, the same object comes back. "
    if canceled:
        return f"{text}With `on_remove: cancel` it is canceled ({canceled}), which is final."
    return f"{text}Stripe has no deletion of a {kind.name}."


def _own(kind: Kind, name: str) -> str:
    return str(SCHEMA["definitions"][definition_of(kind)]["properties"][name]["description"])


def _own_lifecycle(kind: Kind) -> Iterator[Sequence[str]]:
    if kind.is_owned:
        yield "`lifecycle`", "mapping", "", "", "", f"{_own(kind, 'lifecycle')} See [lifecycle](#lifecycle)."


def _lifecycle() -> Iterator[tuple[str, str, str, str]]:
    """That of cards, which has everything; what others lack is said."""
    cards, holders = (
        SCHEMA["definitions"][name]["properties"]["lifecycle"] for name in ("card", "cardholder")
    )
    removals = set(cards["properties"]["on_remove"]["enum"]) - set(holders["properties"]["on_remove"]["enum"])
    for key, what, _, meaning in schemas.rows(cards, SCHEMA["definitions"]):
        name = key.strip("`").partition(".")[0]
        only = "" if name in holders["properties"] else " Cards only."
        if name == "on_remove":
            only = f" {codes(sorted(removals))} is for cards only."
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
        return "[categories](#long-lists)" if field.choices == CATEGORIES else codes(field.choices)
    if field.choices:
        return " | ".join(map(code, field.choices)) + (", or others" if field.open_choices else "")
    if field.pattern == COUNTRY:
        return "[countries](#long-lists)" if field.shape is Shape.SET else "[country](#long-lists)"
    if field.pattern_says:
        return f"text: {field.pattern_says}"
    return "text"


def _default(field: Field) -> str:
    if field.required:
        return "required"
    return code(str(field.default).lower() if isinstance(field.default, bool) else field.default or "")


def _change(field: Field, change: OnChange) -> str:
    if field.shape is Shape.HASH and change is OnChange.UPDATE:
        return ""
    return "replaced" if change is OnChange.REPLACE else "in place"


def _gone(field: Field, change: OnChange) -> str:
    """What `diff` does with a value that is declared no more."""
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
        parts += [f"Stripe itself may set {codes(field.stripe_only_values)}, which no plan tries to lift."]
    if field.sensitive:
        parts += ["Never shown."]
    return " ".join(parts)


def _plain(row: Cells) -> tuple[str, str, str, str]:
    return (*row[:3], row[5])


def _fleet() -> Iterator[schemas.Row]:
    found = fleet_schema()
    for key, what, always, meaning in schemas.rows(found, found["definitions"]):
        yield key, what, "yes" if always else "", meaning
