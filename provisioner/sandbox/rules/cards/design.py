"""
Personalization designs of physical cards: a bundle, a logo, and the text of the carrier.

docs.stripe.com/issuing/cards/physical/personalization-designs. Stripe reviews a design; in test mode, helpers
set the result.
"""

from collections.abc import Mapping
from typing import Any

from provisioner.sandbox.registry import HandlerCall, Route, registered, resource_of, run_action
from provisioner.sandbox.rules.common import unknowns
from provisioner.sandbox.rules.common.changes import create as keep
from provisioner.sandbox.rules.common.changes import emit, previous_attributes, save
from provisioner.sandbox.rules.common.listing import page
from provisioner.sandbox.rules.common.metadata import merged
from provisioner.sandbox.state.default_account import default_account
from provisioner.sandbox.state.errors import invalid, no_such
from provisioner.sandbox.state.objects import Resource, Tx, as_they_are, new_id

Json = dict[str, Any]

_BUNDLE = "issuing.physical_bundle"
DESIGN = registered(
    Resource(
        "issuing.personalization_design",
        "ipcd_",
        "personalization design",
        filters=("lookup_key", "status"),
        texts=as_they_are,
        expandable={"card_logo": ("file",), "physical_bundle": (_BUNDLE,)},
    )
)
_FIRST = "ipcd_SandboxStandard"
_LONGEST_KEY = 200
_TEXTS = ("footer_body", "footer_title", "header_body", "header_title")
_REVIEWED = ("card_logo", "carrier_text", "physical_bundle")
_UPDATED = "issuing_personalization_design.updated"


def begin(tx: Tx, bundle_id: str) -> None:
    """
    Create the default design of a new account; an existing one stays.

    Every physical card has a design (docs.stripe.com/issuing/cards/physical/standard). The id is fixed, so
    that configurations and tests can name it.
    """
    if tx.get(DESIGN, _FIRST) is None:
        design = _blank(tx, bundle_id) | {"id": _FIRST, "name": "Standard", "status": "active"}
        tx.add(DESIGN, design | {"preferences": design["preferences"] | {"is_default": True}})


def _blank(tx: Tx, bundle_id: str) -> Json:
    is_platform = default_account(tx) == tx.account
    return {
        "id": new_id(DESIGN.prefix, 14),
        "object": "issuing.personalization_design",
        "card_logo": None,
        "carrier_text": None,
        "created": tx.now,
        "livemode": False,
        "lookup_key": None,
        "metadata": {},
        "name": None,
        "physical_bundle": bundle_id,
        "preferences": {"is_default": False, "is_platform_default": None if is_platform else False},
        "rejection_reasons": {"card_logo": [], "carrier_text": []},
        "status": "review",
    }


def create(call: HandlerCall) -> Json:
    """Create a design, which is then in review."""
    tx, params = call.tx, call.params
    design = _looking(tx, _blank(tx, params["physical_bundle"]), params)
    plain = design["card_logo"] is None and design["carrier_text"] is None
    if plain and unknowns.on(tx, "plain_designs_active") and _bundle_of(tx, design)["status"] == "active":
        design["status"] = "active"
    return keep(tx, DESIGN, _described(tx, design, params))


def update(call: HandlerCall) -> Json:
    """Update a design; its looks only after it was rejected, and then it is in review again."""
    tx, params = call.tx, call.params
    design = tx.fetch(DESIGN, call.id)
    looks = [name for name in _REVIEWED if name in params]
    if looks and design["status"] != "rejected":
        raise invalid(
            f"Design {call.id} is {design['status']}; {looks[0]} can only be updated after a rejection.",
            looks[0],
        )
    if looks:
        design = _looking(tx, design, params)
        design |= {"rejection_reasons": {"card_logo": [], "carrier_text": []}, "status": "review"}
    return save(tx, DESIGN, _described(tx, design, params), _UPDATED)


def listed(call: HandlerCall) -> Json:
    """Return a page of designs, of these lookup keys and preferences."""
    params = dict(call.params)
    extra: list[tuple[str, list[Any]]] = []
    if keys := params.pop("lookup_keys", None):
        extra.append((f"json_extract(o.body, '$.lookup_key') IN ({', '.join('?' * len(keys))})", keys))
    for name, wanted in params.pop("preferences", {}).items():
        extra.append((f"coalesce(json_extract(o.body, '$.preferences.{name}'), 0) = ?", [int(wanted)]))
    return page(call.tx, DESIGN, params, _URL, extra)


def activate(call: HandlerCall) -> Json:
    """Approve a design; raises ApiError while its bundle is in review."""
    design = call.tx.fetch(DESIGN, call.id)
    if _bundle_of(call.tx, design)["status"] != "active":
        raise invalid(f"The physical bundle of {call.id} is not active, so the design cannot be activated.")
    return _decided(call.tx, design, "active", "activated")


def deactivate(call: HandlerCall) -> Json:
    """Deactivate a design."""
    return _decided(call.tx, call.tx.fetch(DESIGN, call.id), "inactive", "deactivated")


def reject(call: HandlerCall) -> Json:
    """Reject a design, and cancel the cards that wait for it."""
    reasons = call.params["rejection_reasons"]
    if not any(reasons.values()):
        raise invalid("Give at least one reason.", "rejection_reasons", "parameter_invalid_empty")
    shown = _decided(call.tx, call.tx.fetch(DESIGN, call.id), "rejected", "rejected", reasons)
    run_action("card.design_rejected", call.tx, call.id)
    return shown


def for_card(tx: Tx, params: Mapping[str, Any], *, new: bool) -> Json | None:
    """
    Return the design for a card, or None: that of the request, or else a default one.

    The default is the account's, or else its platform's. Raises ApiError for a virtual card with a design,
    for a design that is neither active nor in review, and for a second line that the bundle does not support,
    or one that it requires and the request lacks.
    """
    param = "personalization_design"
    if params["type"] != "physical":
        if param in params:
            raise invalid("A virtual card cannot have a personalization design.", param)
        return None
    design = named(tx, params[param]) if param in params else _default(tx) if new else None
    if design is None:
        if new:
            raise invalid("Give a personalization design, or set a default one.", param, "parameter_missing")
        return None
    if design["status"] not in {"active", "review"}:
        raise invalid(f"Design {design['id']} is {design['status']} and cannot be used for cards.", param)
    _check_policy(_bundle_of(tx, design), "second_line", params.get("second_line"), "second_line")
    return design


def retrieve(call: HandlerCall) -> Json:
    """Return a design of the account or of its platform."""
    return named(call.tx, call.id, "id")


def named(tx: Tx, design_id: str, param: str = "personalization_design") -> Json:
    """Return a design of the account or of its platform; raises ApiError if there is none."""
    for where in (tx, _platform(tx)):
        found = where.get(DESIGN, design_id)
        if found is not None:
            return found
    raise no_such(DESIGN.noun, design_id, param)


def _default(tx: Tx) -> Json | None:
    for where in (tx, _platform(tx)):
        for design in where.all(DESIGN):
            if design["preferences"]["is_default"]:
                return design
    return None


def _looking(tx: Tx, design: Json, params: Mapping[str, Any]) -> Json:
    """Return a design with the bundle, logo, and text of a request."""
    after = dict(design)
    if "physical_bundle" in params:
        after["physical_bundle"] = params["physical_bundle"]
    bundle = tx.fetch(resource_of(_BUNDLE), after["physical_bundle"], "physical_bundle")
    if bundle["status"] == "inactive":
        raise invalid(f"Physical bundle {bundle['id']} is inactive.", "physical_bundle")
    if "card_logo" in params:
        after["card_logo"] = params["card_logo"] or None
    if after["card_logo"]:
        file = tx.fetch(resource_of("file"), after["card_logo"], "card_logo")
        if file["purpose"] != "issuing_logo":
            raise invalid(
                f"A logo needs the purpose issuing_logo; {file['id']} has {file['purpose']}.", "card_logo"
            )
    if "carrier_text" in params:
        text = dict.fromkeys(_TEXTS) | (after["carrier_text"] or {})
        text |= {name: value or None for name, value in (params["carrier_text"] or {}).items()}
        after["carrier_text"] = text if params["carrier_text"] else None
    for name in ("card_logo", "carrier_text"):
        _check_policy(bundle, name, after[name], name)
    return after


def _described(tx: Tx, design: Json, params: Mapping[str, Any]) -> Json:
    """Return a design with the name, key, preferences, and metadata of a request."""
    after = {**design, "metadata": merged(design["metadata"], params)}
    if "name" in params:
        after["name"] = params["name"] or None
    if "lookup_key" in params:
        after["lookup_key"] = _key(tx, design["id"], params)
    if "preferences" in params:
        default = params["preferences"]["is_default"]
        if default:
            for other in tx.all(DESIGN):
                if other["id"] != design["id"] and other["preferences"]["is_default"]:
                    preferences = {**other["preferences"], "is_default": False}
                    save(tx, DESIGN, {**other, "preferences": preferences}, _UPDATED)
        after["preferences"] = {**design["preferences"], "is_default": default}
    return after


def _key(tx: Tx, design_id: str, params: Mapping[str, Any]) -> str | None:
    """Return the lookup key of a request, taken from another design if the request says so."""
    key = params["lookup_key"] or None
    if key is None:
        return None
    if len(key) > _LONGEST_KEY:
        raise invalid(f"A lookup key can be at most {_LONGEST_KEY} characters long.", "lookup_key")
    for other in tx.find(DESIGN, "lookup_key", key):
        if other["id"] == design_id:
            continue
        if not params.get("transfer_lookup_key"):
            says = f"Design {other['id']} has the lookup key '{key}'; pass transfer_lookup_key to take it."
            raise invalid(says, "lookup_key", "resource_already_exists")
        save(tx, DESIGN, {**other, "lookup_key": None}, _UPDATED)
    return str(key)


def _check_policy(bundle: Mapping[str, Any], feature: str, value: Any, param: str) -> None:
    policy = bundle["features"][feature]
    if policy == "unsupported" and value:
        raise invalid(f"Physical bundle {bundle['id']} does not support {feature}.", param)
    if policy == "required" and not value:
        raise invalid(f"Physical bundle {bundle['id']} requires {feature}.", param, "parameter_missing")


def _decided(tx: Tx, design: Json, status: str, event: str, reasons: Mapping[str, Any] | None = None) -> Json:
    """Store a design with the result of its review, and record the events."""
    none: Json = {"card_logo": [], "carrier_text": []}
    after = {**design, "rejection_reasons": none | dict(reasons or {}), "status": status}
    shown = save(tx, DESIGN, after, _UPDATED)
    if previous := previous_attributes(design, shown):
        emit(tx, f"issuing_personalization_design.{event}", shown, previous)
    return shown


def _bundle_of(tx: Tx, design: Mapping[str, Any]) -> Json:
    return tx.fetch(resource_of(_BUNDLE), design["physical_bundle"])


def _platform(tx: Tx) -> Tx:
    return Tx(tx.db, default_account(tx), tx.now, tx.origin)


_URL = "/v1/issuing/personalization_designs"
_ONE = _URL + "/{id}"
_TEST = "/v1/test_helpers/issuing/personalization_designs/{id}"
_OF = "issuing.PersonalizationDesign"
_SCOPE = "issuing_personalization_design"
ROUTES = (
    Route("POST", _URL, create, _OF + "CreateParams", _SCOPE, DESIGN),
    Route("GET", _URL, listed, _OF + "ListParams", _SCOPE, DESIGN),
    Route("GET", _ONE, retrieve, _OF + "RetrieveParams", _SCOPE, DESIGN),
    Route("POST", _ONE, update, _OF + "UpdateParams", _SCOPE, DESIGN),
    Route("POST", _TEST + "/activate", activate, f"test_helpers.{_OF}ActivateParams", _SCOPE, DESIGN),
    Route("POST", _TEST + "/deactivate", deactivate, f"test_helpers.{_OF}DeactivateParams", _SCOPE, DESIGN),
    Route("POST", _TEST + "/reject", reject, f"test_helpers.{_OF}RejectParams", _SCOPE, DESIGN),
)
