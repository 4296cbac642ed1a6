"""The plan's document: the JSON that `--format json` prints and `--out` saves, and that every view shows."""

from datetime import datetime
from typing import Annotated, Any, Literal, cast

from msgspec import UNSET, Meta, Struct, UnsetType, field, to_builtins
from msgspec.structs import asdict

from provisioner.core.diff.change import Action, Edit, Note
from provisioner.core.model.json_document import Count, Currency, MovedMoney
from provisioner.core.model.money import Money
from provisioner.core.ownership.seal import Source
from provisioner.core.schema.field import Direction

PLAN_FORMAT = "1.1"
MONEY = ("top_up", "exposure_added")  # guardrails whose number is an amount in minor units
GUARDRAILS = ("retired", "protected", "stranded", "reverted", "activated", *MONEY)

STOPS = f"^({'|'.join(GUARDRAILS)})([.].+)?$|^require_approval$"
Mover = Literal["yaml", "live", "both", ""]
Sha256 = Annotated[str, Meta(extra_json_schema={"pattern": "^sha256:[0-9a-f]{64}$"})]


class EditDocument(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One value that moves, as a reader sees it."""

    path: str
    """Dotted; rows of a table by their place: spending_controls.spending_limits[0].amount."""
    before: Any
    """null is absent; sensitive values are masked."""
    after: Any
    """null is absent; sensitive values are masked."""
    direction: Direction
    """Whether the edit lowers spending, leaves it alone, or raises it."""
    sensitive: bool
    """Whether before and after are masked."""
    moved: Mover = ""
    """
    Which side has moved since the last apply: the configuration, what is in Stripe, or both; empty where
    nothing tells.
    """
    forces_replacement: bool = False
    """Stripe cannot change this in place."""
    currency: Currency = ""
    """Of the amounts in before and after."""
    currency_before: str | None = None
    """Of the amounts in before where it is another; empty: Stripe does not tell it."""
    row: dict[str, Any] = field(default_factory=dict)
    """What tells the row of a table from others: its interval and categories."""
    digest: str
    """
    Stands for what is shown; of a hidden value, the fingerprint of its change, which stands for all that the
    change hides.
    """

    @property
    def shown_currency_before(self) -> str:
        """The currency of the amounts in `before`, empty where Stripe does not tell it."""
        return self.currency if self.currency_before is None else self.currency_before


def edit_document(edit: Edit, digest: str = "") -> EditDocument:
    """All that a reader sees of an edit, with a digest that stands for it."""
    return EditDocument(
        path=edit.path,
        before=edit.before,
        after=edit.after,
        direction=edit.direction,
        sensitive=edit.sensitive,
        moved=cast("Mover", edit.moved.value),
        forces_replacement=edit.forces_replacement,
        currency=edit.currency,
        currency_before=edit.currency_before,
        row=dict(edit.row),
        digest=digest,
    )


class ChangeDocument(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What would happen to one address, as a reader sees it."""

    address: str
    """Section and name in the YAML: cards.ads."""
    kind: str
    """The kind of resource."""
    action: Action
    """The action that an apply takes."""
    id: str | None
    """The id of the object in Stripe, if there is one."""
    reason: str
    """The reason for the change."""
    edits: tuple[EditDocument, ...]
    """The values that move."""
    fingerprint: str
    """A keyed digest of what would be done to which object as it is."""
    revision: Count | None = None
    """How often provisioner has written the object in Stripe."""
    rest: str = ""
    """
    A keyed digest of the live object, but for what an apply that is stopped half-way may have changed of it.
    """
    goal: str = ""
    """A keyed digest of the object that is there afterwards, and of all that is declared of it."""
    between: str = ""
    """
    A keyed digest of the controls that an update which gives and takes sets in the first of its two calls.
    """
    bookkeeping: Literal["rename", "mark", ""] = ""
    """Of updates of our marks alone: nothing that a card can do changes."""
    amount: int | None = None
    """Of top_up."""
    currency: Currency | None = None
    newest: str | UnsetType | None = UNSET
    """Of top_up: the newest top-up before it that a balance target has made."""
    final: bool | None = None
    """Of replace and retire: whether nothing can undo it."""

    def __post_init__(self) -> None:
        if "." not in self.address:
            raise ValueError("An `address` without its section")
        if self.action is Action.TOP_UP and self.money is None:
            raise ValueError("A top-up without `amount` and `currency`")

    @property
    def money(self) -> Money | None:
        """What a top-up moves; None for any other change."""
        if self.action is not Action.TOP_UP or self.amount is None or self.currency is None:
            return None
        return Money(self.amount, self.currency)

    @property
    def counted_as(self) -> str:
        """What the summary counts it as: its action; of an update of our marks alone `rename` or `mark`."""
        return self.bookkeeping or self.action.value

    @property
    def gives_power(self) -> bool:
        """Whether it lets cards spend more: by one of its edits, or as money that they may spend."""
        return self.action is Action.TOP_UP or any(e.direction is Direction.BROADENING for e in self.edits)

    @property
    def takes_power(self) -> bool:
        """Whether it lets cards spend less; the limits of what is created take nothing away."""
        if self.action in (Action.CREATE, Action.RETIRE):
            return self.action is Action.RETIRE
        return any(edit.direction is Direction.TIGHTENING for edit in self.edits)


class SummaryDocument(Struct, frozen=True, kw_only=True):
    """How many changes of each action there are."""

    create: Count
    """Objects to create."""
    update: Count
    """Objects to update in place, those not counted of which our marks alone change."""
    replace: Count
    """Objects that must be replaced."""
    retire: Count
    """Objects to deactivate or to cancel."""
    adopt: Count
    """Objects to import."""
    top_up: Count
    """Balances to top up."""
    rename: Count = 0
    """Updates with `bookkeeping` of `rename`."""
    mark: Count = 0
    """Updates with `bookkeeping` of `mark`."""
    unchanged: Count
    """Resources that stay as they are."""

    @property
    def counts(self) -> dict[str, int]:
        """How many changes there are, by what they are counted as."""
        counts: dict[str, int] = asdict(self)
        del counts["unchanged"]
        return counts


class AddedExposure(Struct, frozen=True):
    """The monthly exposure that a plan adds in one currency."""

    currency: Currency
    amount: int | None
    """null: without limit."""


class ImpactDocument(Struct, frozen=True, kw_only=True):
    """What a plan costs at worst."""

    money: tuple[MovedMoney, ...]
    """Money that moves."""
    exposure_added: tuple[AddedExposure, ...]
    """Monthly exposure that the plan adds; an amount of null is without limit."""
    cards_activated: Count
    """Cards that the plan activates."""
    final: Count
    """Irreversible changes."""


class BalanceDocument(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The Issuing balance of one currency."""

    currency: Currency
    available: int
    """Money in the Issuing balance now."""
    pending: int
    """Top-ups on their way."""
    target: int | None
    """null: not to be shown."""
    top_up_below: int | None
    """Below this it is filled up; null: not to be shown."""
    declared: str = ""
    """A keyed digest of the target as declared."""


class Power(Struct, frozen=True):
    """What some cards may spend in a month."""

    amount: int
    """What the cards with a limit may spend in a month."""
    unlimited: int
    """How many cards have no limit."""
    cards: int
    """How many cards can spend at all."""


class TeamExposure(Struct, frozen=True, kw_only=True):
    """What the cards of one team may spend in a month."""

    team: str | None
    """Its name; null: several small ones."""
    currency: str
    """Three small letters; a mask where it is sensitive."""
    others: Count
    """How many small teams are in it."""
    before: Power
    """What its cards may spend now."""
    after: Power
    """What they may spend after the apply."""


class OutlookDocument(Struct, frozen=True):
    """The balances and the exposure of teams, before a plan and after it."""

    balances: tuple[BalanceDocument, ...]
    """One entry for each currency with a target."""
    exposure: tuple[TeamExposure, ...]
    """
    By team: `metadata.team` of the card, else of its cardholder, else the cardholder's name. A team of null
    puts `others` small ones together.
    """


class Stop(Struct, frozen=True, omit_defaults=True):
    """A guardrail that stops a plan, and what to do about it; it has no number where a word lets it pass."""

    guardrail: Annotated[str, Meta(extra_json_schema={"pattern": STOPS})]
    """As `--allow` names it, or `require_approval`."""
    text: str
    """What is over which limit, and what would let it pass."""
    number: int | None = None
    """
    The number that lets it pass, as `--allow` takes it. A saved plan wants it when it is applied, whatever
    the configuration says by then.
    """


class SourceDocument(Struct, frozen=True, kw_only=True):
    """Where the configuration of a saved plan is, and the options that it was made with."""

    path: str
    """From the folder where the plan was made."""
    from_plan: str | None = None
    """From the plan's file, which is tried first; null: there is no way from one to the other."""
    env: str | None
    """The environment (`--env`); null: none."""
    variables: tuple[str, ...]
    """The names of the variables (`--var`). Their values are not kept."""
    targets: tuple[str, ...]
    """As `--target` named them."""
    excludes: tuple[str, ...]
    """As `--exclude` named them."""


class ShownPlan(Struct, frozen=True, kw_only=True):
    """
    A plan of any format 1.x, as views show it.

    What format 1.0 did not have may be UNSET here, and is left out of the JSON then.
    """

    format_version: Annotated[str, Meta(extra_json_schema={"const": PLAN_FORMAT})]
    """The version of this format."""
    project: str
    """The namespace of ownership."""
    environment: str | UnsetType | None = UNSET
    """The environment (`--env`) that it was made for; null: none."""
    mode: Annotated[str, Meta(extra_json_schema={"enum": ["test", "live"]})]
    """As the configuration says."""
    account: str
    """
    The Stripe account that the plan was made for: the key's, or `STRIPE_ACCOUNT` where the key may not read
    it; empty where neither is known.
    """
    fingerprint: Sha256
    """A keyed digest of all that would be done, and of the objects that it would be done to."""
    keyed_with: Source | UnsetType = UNSET
    """What the secret of the keyed digests is made of."""
    summary: SummaryDocument
    """
    How many changes of each action, and how many resources stay as they are. Updates with `bookkeeping` are
    counted as `rename` and `mark`, and not as updates.
    """
    blast_radius: ImpactDocument
    """What the plan costs at worst."""
    changes: tuple[ChangeDocument, ...]
    """What would be done, by address."""
    left_out: Count = 0
    """How many changes `--target` and `--exclude` leave out."""
    stopped_by: tuple[Stop, ...] = ()
    """
    The guardrails that would stop an apply of this plan, which then writes nothing. Of a saved plan
    `require_approval` is none: who applies it has approved it.
    """
    notes: tuple[Note, ...]
    """What a reader should know, though nothing will be done about it."""
    outlook: OutlookDocument = OutlookDocument((), ())
    """
    The balances with a target, and what cards may spend in a month by their own limits, before and after.
    """
    created: str | UnsetType = UNSET
    """In saved plans only: when it was made (ISO 8601)."""
    expires: str | UnsetType = UNSET
    """In saved plans only: from when on it is not applied any more (ISO 8601)."""
    source: SourceDocument | UnsetType = UNSET
    """
    In saved plans only: where the configuration is, which apply reads again: `path` from the folder where the
    plan was made, and `from_plan` from its file, which is tried first. Values of variables are not kept.
    """
    digest: Sha256 | UnsetType = UNSET
    """In saved plans only: of all but itself and `seal`."""
    seal: str | UnsetType = UNSET
    """In saved plans only: a keyed digest of `digest`."""

    def is_empty(self, ignore: str | None = None) -> bool:
        """Whether there is nothing to do; with `ignore` of `bookkeeping`, nothing but our marks."""
        return all(ignore == "bookkeeping" and change.bookkeeping for change in self.changes)


class PlanDocument(ShownPlan, frozen=True, kw_only=True):
    """A plan of this format, with all that an approval is held to."""

    environment: str | None
    keyed_with: Source
    outlook: OutlookDocument


class SavedPlanDocument(PlanDocument, frozen=True, kw_only=True):
    """What a file of `plan --out` holds."""

    created: str
    expires: str
    source: SourceDocument
    digest: str
    seal: str

    def __post_init__(self) -> None:
        for name, text in (("created", self.created), ("expires", self.expires)):
            if datetime.fromisoformat(text).tzinfo is None:
                raise ValueError(f"`{name}` without a time zone")


class OldSavedPlan(ShownPlan, frozen=True, kw_only=True):
    """A file of format 1.0, from before plans were held to all that they show; it is only shown."""

    source: SourceDocument


def as_json(document: Struct) -> dict[str, Any]:
    """Return a document as values for `json`, with its keys in their order."""
    values: dict[str, Any] = to_builtins(document)
    return values
