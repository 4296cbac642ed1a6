"""The plan's document: the JSON of `--format json` and `--out`, which every other view reads, too."""

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


class EditDocument(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One value that changes, as readers see it."""

    path: str
    """The dotted path, with rows of a table by their index: spending_controls.spending_limits[0].amount."""
    before: Any
    """The value in Stripe; null if absent. Sensitive values are masked."""
    after: Any
    """The new value; null if absent. Sensitive values are masked."""
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
    """True if Stripe cannot change the value in place."""
    currency: Currency = ""
    """The currency of the amounts in before and after."""
    currency_before: str | None = None
    """The currency of the amounts in before if it differs; empty if Stripe does not return it."""
    row: dict[str, Any] = field(default_factory=dict)
    """The values that identify a row of a table: its interval and categories."""
    trace: TraceDocument | UnsetType = UNSET
    """With --explain: the event of the last 30 days that changed the value outside of provisioner, if any."""
    digest: str
    """A digest of what is shown. For a hidden value, it is the fingerprint of the whole change."""

    @property
    def symbol(self) -> str:
        """The sign before the edit: `+`, `-`, or `~`."""
        return "+" if self.before is None else "-" if self.after is None else "~"

    @property
    def shown_currency_before(self) -> str:
        """The currency of the amounts in `before`; empty if Stripe does not return it."""
        return self.currency if self.currency_before is None else self.currency_before


NO_ROW: dict[str, Any] = {}  # one for all edits without a row, which are nearly all; nobody writes to it


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
        row=dict(edit.row) if edit.row else NO_ROW,
        digest=digest,
    )


class ValueDocument(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A value of a replaced or retired object that readers need even if it does not change."""

    path: str
    """The dotted path: spending_controls.spending_limits."""
    before: Any
    """The value of the current object in Stripe; null if absent. Sensitive values are masked."""
    after: Any
    """The value of the new object, or of the retired one; null if absent. Sensitive values are masked."""
    currency: Currency = ""
    """The currency of the amounts in before and after."""


class ChangeDocument(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The change to one address, as readers see it."""

    address: str
    """Its section and name in the YAML: cards.ads."""
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
    """With --explain: the event of the last 30 days that canceled or activated it, if there is one."""
    edits: tuple[EditDocument, ...]
    """The values that change."""
    values: tuple[ValueDocument, ...] = ()
    """For replace and retire: other values that readers need, such as the cardholder and limits of a card."""
    consequences: tuple[str, ...] = ()
    """The other effects of the change, such as a new card number or a shipment."""
    along: tuple[str, ...] = ()
    """
    For replace and retire: the addresses that are replaced or retired with it, such as a cardholder's
    cards.
    """
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
    """True if Stripe deletes the object that ends."""

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
        """Return the name under which the summary counts the change: its action, or `rename` or `mark`."""
        return self.bookkeeping or self.action.value

    @property
    def gives_power(self) -> bool:
        """Return true if the change lets cards spend more, by an edit or by a top-up."""
        return self.action is Action.TOP_UP or any(e.direction is Direction.BROADENING for e in self.edits)

    @property
    def takes_power(self) -> bool:
        """Return true if the change lets cards spend less; the limits of a new card do not count."""
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
    """The amount in minor units; null if unlimited."""


class ImpactDocument(Struct, frozen=True, kw_only=True):
    """The largest possible effect of a plan."""

    money: tuple[MovedMoney, ...]
    """The top-ups, by currency."""
    exposure_added: tuple[AddedExposure, ...]
    """The monthly exposure that the plan adds; an amount of null is unlimited."""
    cards_activated: Count
    """Cards that the plan activates."""
    final: Count
    """Irreversible changes."""


class Stop(Struct, frozen=True, omit_defaults=True):
    """A guardrail that blocks a plan. It has no number if it is allowed by a word instead."""

    guardrail: Annotated[str, Meta(extra_json_schema={"pattern": STOPS})]
    """The name that `--allow` takes, or `require_approval`."""
    text: str
    """The limit that is exceeded, and the option that allows it."""
    number: int | None = None
    """
    The number to pass to `--allow`. A saved plan needs it when it is applied, even if the configuration
    changes.
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
    """The values of `--target`."""
    excludes: tuple[str, ...]
    """The values of `--exclude`."""
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
    """The outcome: passed, failed, or skipped."""
    text: str
    """The result in one line."""


class ShownPlan(Struct, frozen=True, kw_only=True):
    """
    A plan of any format 1.x, as views show it.

    Members that format 1.0 did not have may be UNSET, and are then omitted from the JSON.
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
    The Stripe account: the key's, or `STRIPE_ACCOUNT` if the key may not read it; empty if neither is
    known.
    """
    fingerprint: Sha256
    """A keyed digest of all changes and of the current state of their objects."""
    keyed_with: Source | UnsetType = UNSET
    """The source of the secret with which the digests are keyed."""
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
    """The number of changes that `--target` and `--exclude` exclude."""
    stopped_by: tuple[Stop, ...] = ()
    """
    The guardrails that would block an apply of this plan. For a saved plan, `require_approval` is not among
    them, because whoever applies the plan approves it.
    """
    notes: tuple[Note, ...]
    """Notes for readers; they cause no change."""
    outlook: OutlookDocument = OutlookDocument((), ())
    """
    The balances with a target, and the monthly exposure of cards by their own limits, before and after.
    """
    backtest: BacktestDocument | UnsetType = UNSET
    """With --backtest: past purchases, judged by the planned controls."""
    checks: tuple[PlanCheck, ...] | UnsetType = UNSET
    """In plans of `check` only: the outcome of each part when the plan was made."""
    created: str | UnsetType = UNSET
    """In saved plans only: the time at which it was made (ISO 8601)."""
    expires: str | UnsetType = UNSET
    """In saved plans only: the time after which it cannot be applied (ISO 8601)."""
    source: SourceDocument | UnsetType = UNSET
    """
    In saved plans only: the place of the configuration, which apply reads again. Values of variables are not
    stored.
    """
    digest: Sha256 | UnsetType = UNSET
    """In saved plans only: a digest of everything but itself and `seal`."""
    seal: str | UnsetType = UNSET
    """In saved plans only: a keyed digest of `digest`."""

    def is_empty(self, ignore: str | None = None) -> bool:
        """Return true if nothing is to be done; `ignore="bookkeeping"` skips ownership metadata."""
        return all(ignore == "bookkeeping" and change.bookkeeping for change in self.changes)


class PlanDocument(ShownPlan, frozen=True, kw_only=True):
    """A plan of the current format, with everything that an apply is compared with."""

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
    """
    A file of format 1.0, which did not record everything that a plan shows. It can be shown, but not
    applied.
    """

    source: SourceDocument


def as_json(document: Struct) -> dict[str, Any]:
    """Return a document as values for `json`, with its keys in order."""
    values: dict[str, Any] = to_builtins(document)
    return values
