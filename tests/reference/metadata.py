"""What the tool writes into the metadata of Stripe's objects."""

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
    marks.PROJECT: "The project that the object belongs to. An object without it, or with another one, "
    "is never written.",
    marks.ADDRESS: "Section and name in the YAML, such as `cards.ads`.",
    marks.GENERATION: "1 for the first object at its address; each replacement or new creation counts "
    "on. Of two that can still act, the higher one is the address's. The other is left over from an "
    "interrupted replacement and ends, provided that the higher one names it (`replaces`).",
    marks.LIFECYCLE: "Words: `protect`, `on_remove=cancel` or `on_remove=keep`, `reissued=NUMBER`, "
    "and `replaces=ID`, the object that had the address before. They stay with the object when its YAML "
    "is gone. `revision=NUMBER` counts our writes, from 1 as it was created: a saved plan holds only as "
    "long as nobody has written the object since. `salt=TEXT` is the project's: of it the secret is made "
    "by which [saved plans](plan-json.md#hidden-values) stand for what they hide. Neither is ever the "
    "reason for a change.",
    marks.APPLIED[0]: "Which fields were last applied, and a digest of each value: entries of "
    f"{marks.CODE} characters for the field and {marks.PERSONAL} to {marks.PLAIN} for the "
    "value, with spaces.",
    marks.APPLIED[1]: "The rest of that, where one value of metadata is too short.",
}
CARD = {
    "cardholder": "ich_1Abc",
    "currency": "usd",
    "type": "virtual",
    "status": "active",
    "spending_controls": {"spending_limits": [{"amount": 200000, "interval": "monthly"}]},
}


def page() -> str:
    """The page: keys, an example that is made by the code itself, limits, and what to do by hand."""
    keys = [(code(key), MEANINGS[key]) for key in marks.OUR_KEYS]
    plain = 6 * marks.PLAIN
    return markdown.page(
        "Metadata",
        prose(
            "There is no state file. What the tool must remember about an object stands in the object's "
            "own metadata. It is written in the very call that creates the object, and brought up to date "
            "in the call that changes it."
        ),
        table(("key", "meaning"), keys),
        prose("A card that was created as `cards.ads` and is protected has:"),
        f"```json\n{json.dumps(_example(), indent=2)}\n```",
        prose(
            "A top-up carries the first two only. The newest one with them names the project that fills the "
            "balance, and the next one's idempotency key is derived from it ([exactly "
            "once](../explanation/exactly-once.md)). "
            f"{code(top_up.MISROUTED)}, set to {code(top_up.RESOLVED)} by a person, says of a top-up that "
            "went to another balance that its money is where it belongs ([how "
            "to](../how-to/fund-the-balance.md#money-that-went-to-another-balance))."
        ),
        "## Limits",
        prose(
            f"Stripe takes {METADATA_KEYS} keys of {METADATA_KEY} characters, with values of "
            f"{METADATA_VALUE}. Six keys are the tool's, so {OWN_METADATA_KEYS} are left for `metadata` in "
            "the YAML. Keys that begin with "
            f"{code(marks.PREFIX)} are refused there. Keys that others set on an object are left alone."
        ),
        prose(
            "The record fits for the largest resource that Stripe takes "
            "(`tests/unit/core/test_ownership.py`)."
        ),
        "## What the digests tell",
        prose(
            f"They only show that a value has moved. A plain value has {plain} bits, a value that Stripe "
            f"never answers {6 * marks.WRITE_ONLY}, a personal one {6 * marks.PERSONAL}: so few "
            "that countless values share it, and none can be guessed from it alone. Values that say little "
            "each and all together, such as a date of birth, share one digest."
        ),
        prose(
            "Whoever can read metadata (a holder of a key that reads cards, somebody with the Dashboard, a "
            "receiver of the account's webhooks) can test guesses with them. Of 64 guesses at a personal "
            "value one is left, of 262,144 at a tax number as well: of those with nine digits thousands are. "
            "A plain value that came from `${env...}` or `${file...}`, such as a limit, is found where there "
            "are not millions of candidates. But for a tax number, the same people read the value itself on "
            "the object. The digests cannot be keyed: every key of the account must be able to read them, "
            "those that do not exist yet as well, or a change of keys would look like a change of all "
            "values. They are in no saved plan."
        ),
        "## By hand",
        prose(
            f"Whoever removes {code(marks.PROJECT)} from an object (Dashboard or API) takes it out of "
            "the project: the next plan creates a new one for its address, if that is declared, and leaves "
            "the old one alone. `provisioner import` writes the keys again. Two objects with one address, "
            "of which neither names the other as the one that it replaces (a copy made by hand, say), are a "
            "conflict: neither is touched, and the message says how to resolve it."
        ),
        prose(
            "What somebody writes into the keys is held to what the YAML says. An end other than the three, "
            "a generation that is no whole number from 1 on, and an id that is none count as not written, so "
            "that a card is at most deactivated. An address that the YAML could not have, or a `reissued=` "
            "without its number, is a conflict: read as not written, a card would be made or reissued again."
        ),
    )


def _example() -> dict[str, str]:
    record = marks.applied("acme-issuing", card.KIND.fields, CARD)
    assert len(record) == len(list(leaves(card.KIND.fields, CARD)))
    stamp = marks.stamp_for("acme-issuing", Address("cards", "ads"), 1, Lifecycle(protect=True), record)
    return {key: value for key, value in marks.marks(stamp).items() if value}
