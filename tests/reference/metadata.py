"""Write the page of the metadata that provisioner stores on Stripe's objects."""

import json

from provisioner.config.schema.field_schema import OWN_METADATA_KEYS
from provisioner.core.diff import top_up
from provisioner.core.model.limits import METADATA_KEY, METADATA_KEYS, METADATA_VALUE
from provisioner.core.model.resource import Address, Lifecycle
from provisioner.core.ownership import marks
from provisioner.core.schema.normal_form import leaves
from provisioner.kinds import card

from . import markdown
from .markdown import code, prose, table

MEANINGS = {
    marks.PROJECT: "The project that the object belongs to. An object without this key, or with another "
    "project, is never written.",
    marks.ADDRESS: "Section and name in the YAML, such as `cards.ads`.",
    marks.GENERATION: "1 for the first object at its address; each replacement or new creation increases "
    "it by one. If two usable objects have the same address, the one with the higher generation owns it. "
    "The other one is left over from an interrupted replacement, and is deactivated or canceled, provided "
    "that the owner names it (`replaces`).",
    marks.LIFECYCLE: "Words: `protect`, `on_remove=cancel` or `on_remove=keep`, `reissued=NUMBER`, and "
    "`replaces=ID`, the object that had the address before. They stay on the object when it is no longer "
    "in the configuration. `revision=NUMBER` counts provisioner's writes, starting at 1 for the creation: "
    "a saved plan is valid only until somebody writes the object. `salt=TEXT` belongs to the project: it "
    "is the source of the secret for the digests that replace hidden values in [saved "
    "plans](plan-json.md#hidden-values). Neither of these two ever causes a change. `secret=NUMBER` is on a "
    "webhook endpoint whose secret has not been handed over yet, `secret=lost` on one whose secret Stripe no "
    "longer repeats.",
    marks.APPLIED[0]: "The fields that were last applied, with a digest of each value: space-separated "
    f"entries of {marks.CODE} characters for the field and {marks.PERSONAL} to {marks.PLAIN} for the value.",
    marks.APPLIED[1]: "The rest of these entries, if one metadata value is too short.",
}
CARD = {
    "cardholder": "ich_1Abc",
    "currency": "usd",
    "type": "virtual",
    "status": "active",
    "spending_controls": {"spending_limits": [{"amount": 200000, "interval": "monthly"}]},
}


def page() -> str:
    """Return the page: keys, an example made by the code, limits, and manual changes."""
    keys = [(code(key), MEANINGS[key]) for key in marks.OUR_KEYS]
    plain = 6 * marks.PLAIN
    return markdown.page(
        "Metadata",
        prose(
            "Provisioner has no state file. It stores what it must remember about an object in the "
            "object's own metadata: in the same request that creates the object, and again in each "
            "request that changes it."
        ),
        table(("key", "meaning"), keys),
        prose("This is the metadata of a card that was created as `cards.ads` and is protected:"),
        f"```json\n{json.dumps(_example(), indent=2)}\n```",
        prose(
            "A top-up has only the first two keys. The newest top-up that has them names the project that "
            "funds the balance, and the next top-up's idempotency key is derived from it ([exactly "
            "once](../explanation/exactly-once.md)). If a top-up went to another balance, somebody sets "
            f"{code(top_up.MISROUTED)} to {code(top_up.RESOLVED)} on it to confirm that the money is now "
            "where it belongs ([how "
            "to](../how-to/fund-the-balance.md#money-that-went-to-another-balance))."
        ),
        "## Limits",
        prose(
            f"Stripe accepts {METADATA_KEYS} metadata keys of {METADATA_KEY} characters, with values of "
            f"{METADATA_VALUE}. Provisioner uses six keys, so {OWN_METADATA_KEYS} are left for `metadata` "
            f"in the YAML. Keys there cannot begin with {code(marks.PREFIX)}. Keys that others set on an "
            "object are left alone."
        ),
        prose(
            "The metadata has room for the record of the largest resource that Stripe accepts "
            "(`tests/unit/core/test_ownership.py`)."
        ),
        "## Information in the digests",
        prose(
            f"The digests exist to show that a value changed. The digest of an ordinary value has {plain} "
            f"bits, that of a value that Stripe never returns {6 * marks.WRITE_ONLY}, and that of a "
            f"personal value {6 * marks.PERSONAL}. So many values share the same digest that none can be "
            "guessed from it alone. Values that reveal little even in combination, such as the parts of a "
            "date of birth, share one digest."
        ),
        prose(
            "Anyone who can read metadata (with a key that reads cards, in the Dashboard, or from the "
            "account's webhooks) can test guesses with the digests. Of 64 guesses at a personal value, "
            "one remains; of 262,144 guesses at a tax ID, one remains too, so thousands of nine-digit "
            "numbers remain. An ordinary value from `${env...}` or `${file...}`, such as a limit, can be "
            "found unless there are millions of candidates. Except for a tax ID, the same people can read "
            "the value itself on the object. The digests cannot be keyed: every key of the account must "
            "be able to read them, including keys that do not exist yet. Otherwise a new key would look "
            "like a change of every value. Saved plans do not contain these digests."
        ),
        "## By hand",
        prose(
            f"If somebody removes {code(marks.PROJECT)} from an object (in the Dashboard or with the API), "
            "the object no longer belongs to the project: the next plan creates a new one for its "
            "address, if that is still in the configuration, and leaves the old one alone. `provisioner "
            "import` writes the keys again. If two objects have the same address and neither names the "
            "other as the one that it replaces (because somebody copied the metadata by hand, for "
            "example), this is a conflict: neither is touched, and the message says how to resolve it."
        ),
        prose(
            "Values that somebody writes into these keys are validated by the same rules as the YAML. An "
            "`on_remove` other than the three settings, a generation that is not a positive whole number, "
            "and an invalid ID are ignored, so the worst result is that a card is deactivated. An address "
            "that is not possible in the YAML, or a `reissued=` without its number, is a conflict: if "
            "they were ignored, provisioner would create or reissue a card again."
        ),
    )


def _example() -> dict[str, str]:
    record = marks.applied("acme-issuing", card.KIND.fields, CARD)
    assert len(record) == len(list(leaves(card.KIND.fields, CARD)))
    stamp = marks.stamp_for("acme-issuing", Address("cards", "ads"), 1, Lifecycle(protect=True), record)
    return {key: value for key, value in marks.marks(stamp).items() if value}
