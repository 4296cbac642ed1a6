"""The plan's document: the JSON that `--format json` prints and `--out` saves, and that every view shows."""

from datetime import datetime
from typing import Annotated, Any, Literal, cast

from msgspec import UNSET, Meta, Struct, UnsetType, field, to_builtins
from msgspec.structs import asdict

from provisioner.core.diff.change import Action, Edit, Note
from provisioner.core.model.check import CheckOutcome
from provisioner.core.model.json_document import Count, Currency, MovedMoney, TraceDocument
from provisioner.core.model.money import Money
from provisioner.core.ownership.seal import Source
from provisioner.core.plan.outlook_document import OutlookDocument
from provisioner.core.purchases.backtest_document import BacktestDocument
from provisioner.core.schema.field import Direction

PLAN_FORMAT = "1.1"
MONEY = ("top_up", "exposure_added")  # guardrails whose number is an amount in minor units
GUARDRAILS = ("retired", "protected", "stranded", "reverted", "activated", "declined", *MONEY)

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
    """The effect on spending: tightening, neutral, or broadening."""
    sensitive: bool
    """True if before and after are masked."""
    moved: Mover | UnsetType = UNSET
    """
    The side that has changed since the last apply: the configuration (yaml), Stripe (live), or both; empty if
    it is not known.
    """
    forces_replacement: bool = False
    """Stripe cannot change this in place."""
    currency: Currency = ""
    """Of the amounts in before and after."""
    currency_before: str | None = None
    """Of the amounts in before where it is another; empty: Stripe does not tell it."""
    row: dict[str, Any] = field(default_factory=dict)
    """The values that identify a row of a table: its interval and categories."""
    trace: TraceDocument | UnsetType = UNSET
    """With --explain: the event of the last 30 days that changed the value outside of provisioner, if any."""
    digest: str
    """
    Stands for what is shown; of a hidden value, the fingerprint of its change, which stands for all that the
    change hides.
    """

    @property
    def symbol(self) -> str:
        """The sign in front of the edit: `+`, `-`, or `~`."""
        return "+" if self.before is None else "-" if self.after is None else "~"

    @property
    def shown_currency_before(self) -> str:
        """The currency of the amounts in `before`, empty where Stripe does not tell it."""
        return self.currency if self.currency_before is None else self.currency_before


def edit_document(edit: Edit, digest: str = "") -> EditDocument:
    """Return an edit as readers see it, with a digest of it."""
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


class ValueDocument(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A value of an object that is replaced or retired, which a reader needs whether it changes or not."""

    path: str
    """Dotted: spending_controls.spending_limits."""
    before: Any
    """Of the object in Stripe now; null is absent, and sensitive values are masked."""
    after: Any
    """Of the new object, or of the retired one; null is absent, and sensitive values are masked."""
    currency: Currency = ""
    """Of the amounts in before and after."""


class ChangeDocument(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The change to one address, as readers see it."""

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
    moved: Mover = ""
    """live: the object was canceled or activated outside of provisioner, which the change reverts."""
    trace: TraceDocument | UnsetType = UNSET
    """With --explain: the event of the last 30 days that did so, if any."""
    edits: tuple[EditDocument, ...]
    """The values that change."""
    values: tuple[ValueDocument, ...] = ()
    """For replace and retire: other values that a reader needs, such as the holder and limits of a card."""
    consequences: tuple[str, ...] = ()
    """The other effects of the change, such as a new card number or a shipment."""
    along: tuple[str, ...] = ()
    """For replace and retire: the addresses that go along, such as the cards of a cardholder."""
    team: str = ""
    """The team of a card or cardholder: `metadata.team`, or the cardholder's name; empty if there is none."""
    link: str = ""
    """The page of the object in Stripe's Dashboard; empty if there is none."""
    fingerprint: str
    """A keyed digest of the change and of the current state of its object."""
    revision: Count | None = None
    """The number of times that provisioner has written the object."""
    rest: str = ""
    """
    A keyed digest of the object in Stripe, without the values that an interrupted apply may have changed.
    """
    goal: str = ""
    """A keyed digest of the object after the apply, and of its configuration."""
    between: str = ""
    """
    A keyed digest of the spending controls that the first of two update calls sets.
    """
    bookkeeping: Literal["rename", "mark", ""] = ""
    """For updates of ownership metadata only: the kind of update."""
    amount: int | None = None
    """For top_up: the amount in minor units."""
    currency: Currency | None = None
    newest: str | UnsetType | None = UNSET
    """For top_up: the newest earlier top-up of a balance target."""
    final: bool | None = None
    """For replace and retire: true if the change is irreversible."""
    deleted: bool = False
    """True if Stripe deletes the object that ends, so that nothing is left of it."""

    def __post_init__(self) -> None:
        if "." not in self.address:
            raise ValueError("An `address` without its section")
        if self.action is Action.TOP_UP and self.money is None:
            raise ValueError("A top-up without `amount` and `currency`")

    @property
    def money(self) -> Money | None:
        """Return the amount of a top-up; None for any other change."""
        if self.action is not Action.TOP_UP or self.amount is None or self.currency is None:
            return None
        return Money(self.amount, self.currency)

    @property
    def counted_as(self) -> str:
        """Return the name under which the summary counts it: its action, or `rename` or `mark`."""
        return self.bookkeeping or self.action.value

    @property
    def gives_power(self) -> bool:
        """Return true if it lets cards spend more, by an edit or by a top-up."""
        return self.action is Action.TOP_UP or any(e.direction is Direction.BROADENING for e in self.edits)

    @property
    def takes_power(self) -> bool:
        """Return true if it lets cards spend less; the limits of a new card do not count."""
        if self.action in (Action.CREATE, Action.RETIRE):
            return self.action is Action.RETIRE
        return any(edit.direction is Direction.TIGHTENING for edit in self.edits)


class SummaryDocument(Struct, frozen=True, kw_only=True):
    """The number of changes by action."""

    create: Count
    """Objects to create."""
    update: Count
    """Objects to update in place, without updates of ownership metadata only."""
    replace: Count
    """Objects that must be replaced."""
    retire: Count
    """Objects to deactivate or to cancel."""
    adopt: Count
    """Objects to import."""
    top_up: Count
    """Balances to top up."""
    rename: Count = 0
    """Updates that only rename a resource (`bookkeeping`: `rename`)."""
    mark: Count = 0
    """Updates of ownership metadata alone (`bookkeeping`: `mark`)."""
    unchanged: Count
    """Resources that do not change."""

    @property
    def counts(self) -> dict[str, int]:
        """Return the number of changes by the name under which they are counted."""
        counts: dict[str, int] = asdict(self)
        del counts["unchanged"]
        return counts


class AddedExposure(Struct, frozen=True):
    """The monthly exposure that a plan adds in one currency."""

    currency: Currency
    amount: int | None
    """null: unlimited."""


class ImpactDocument(Struct, frozen=True, kw_only=True):
    """The largest possible effect of a plan."""

    money: tuple[MovedMoney, ...]
    """The top-ups, by currency."""
    exposure_added: tuple[AddedExposure, ...]
    """Monthly exposure that the plan adds; an amount of null is unlimited."""
    cards_activated: Count
    """Cards that the plan activates."""
    final: Count
    """Irreversible changes."""


class Stop(Struct, frozen=True, omit_defaults=True):
    """A guardrail that blocks a plan; it has no number if a word allows it."""

    guardrail: Annotated[str, Meta(extra_json_schema={"pattern": STOPS})]
    """The name that `--allow` takes, or `require_approval`."""
    text: str
    """The limit that is exceeded, and the option that allows it."""
    number: int | None = None
    """
    The number that lets it pass, as `--allow` takes it. A saved plan wants it when it is applied, whatever
    the configuration says by then.
    """


class SourceDocument(Struct, frozen=True, kw_only=True):
    """The place of the configuration of a saved plan, and the options of the plan."""

    path: str
    """The path from the folder in which the plan was made."""
    from_plan: str | None = None
    """The path from the plan's file, which is tried first; null if there is none."""
    env: str | None
    """The environment (`--env`); null if there is none."""
    variables: tuple[str, ...]
    """The names of the variables (`--var`). Their values are not kept."""
    targets: tuple[str, ...]
    """As `--target` named them."""
    excludes: tuple[str, ...]
    """As `--exclude` named them."""
    commit: str | None = None
    """
    The commit of the configuration, with `-dirty` if files were changed since; null if it is not in a git
    repository.
    """


class PlanCheck(Struct, frozen=True):
    """The outcome of one part of a check."""

    name: str
    """validate, scenarios, guardrails or plan."""
    outcome: CheckOutcome
    """passed, failed, or skipped where it was not done."""
    text: str
    """The result in one line."""


class ShownPlan(Struct, frozen=True, kw_only=True):
    """
    A plan of any format 1.x, as views show it.

    What format 1.0 did not have may be UNSET here, and is left out of the JSON then.
    """

    format_version: Annotated[str, Meta(extra_json_schema={"const": PLAN_FORMAT})]
    """The version of this format."""
    project: str
    """The name of the project."""
    environment: str | UnsetType | None = UNSET
    """The environment (`--env`); null if there is none."""
    mode: Annotated[str, Meta(extra_json_schema={"enum": ["test", "live"]})]
    """The mode: test or live."""
    account: str
    """
    The Stripe account that the plan was made for: the key's, or `STRIPE_ACCOUNT` where the key may not read
    it; empty where neither is known.
    """
    fingerprint: Sha256
    """A keyed digest of all changes and of the current state of their objects."""
    keyed_with: Source | UnsetType = UNSET
    """The source of the key of the digests."""
    summary: SummaryDocument
    """
    The number of changes by action, and the number of resources that do not change. Updates with
    `bookkeeping` are counted as `rename` and `mark`, and not as updates.
    """
    blast_radius: ImpactDocument
    """The largest possible effect of the plan."""
    changes: tuple[ChangeDocument, ...]
    """The changes, by address."""
    left_out: Count = 0
    """The number of changes that `--target` and `--exclude` leave out."""
    stopped_by: tuple[Stop, ...] = ()
    """
    The guardrails that would stop an apply of this plan, which then makes no changes. Of a saved plan
    `require_approval` is none: who applies it has approved it.
    """
    notes: tuple[Note, ...]
    """Notes for readers; they cause no change."""
    outlook: OutlookDocument = OutlookDocument((), ())
    """
    The balances with a target, and the monthly exposure of cards by their own limits, before and after.
    """
    backtest: BacktestDocument | UnsetType = UNSET
    """With --backtest: past purchases, judged by the controls that the plan leaves."""
    checks: tuple[PlanCheck, ...] | UnsetType = UNSET
    """In plans of `check` only: the outcome of each part when the plan was made."""
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
        """Return true if nothing is to be done; `ignore="bookkeeping"` skips ownership metadata."""
        return all(ignore == "bookkeeping" and change.bookkeeping for change in self.changes)


class PlanDocument(ShownPlan, frozen=True, kw_only=True):
    """A plan of this format, with all that an approval is held to."""

    environment: str | None
    keyed_with: Source
    outlook: OutlookDocument


class SavedPlanDocument(PlanDocument, frozen=True, kw_only=True):
    """The content of a file of `plan --out`."""

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
