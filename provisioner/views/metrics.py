"""Metrics of a run in Prometheus' text format, which `--metrics FILE` writes."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

if TYPE_CHECKING:
    from provisioner.core.diff.drift_document import DriftDocument
    from provisioner.core.model.config import Config
    from provisioner.core.plan.document import PlanDocument
    from provisioner.core.plan.plan import Plan
    from provisioner.core.schema.kind import Kind

# The account is not a label: a run that fails before it knows the account must continue the same series.
PLACE = ("project", "environment", "mode", "command")
LAST_SUCCESS = "provisioner_last_success_timestamp_seconds"
SUCCESSFUL = (0, 2)  # exit codes of success; 2 means that there are changes

Tell = Callable[..., None]


class RunFigures(Struct):
    """The metrics of one run of a command, collected while it runs."""

    command: str
    """The name of the command."""
    wanted: bool = False
    """True if `--metrics` is given."""
    project: str = ""
    """The project; empty until the configuration has been read."""
    environment: str = ""
    """The environment; empty for none."""
    mode: str = ""
    """`test` or `live`."""
    plan: "PlanDocument | None" = None
    """The plan, if the command made one."""
    drift: "DriftDocument | None" = None
    """The drift, if the command looked for it."""
    requests: Counter[str] = field(default_factory=Counter)
    """The number of requests that Stripe answered, by method."""
    seconds: float = 0.0
    """The duration of the run."""
    at: float = 0.0
    """The end of the run (Unix seconds)."""
    exit_code: int = 0
    """The exit code."""

    def of(self, config: "Config") -> None:
        """Set project, environment and mode from the configuration, once it has been read."""
        self.project, self.mode = config.project, config.mode
        self.environment = config.environment or ""

    def saw(self, kinds: Sequence["Kind"], plan: "Plan") -> None:
        """Set the plan as its document, which needs its kinds, if `--metrics` is given."""
        if self.wanted:
            from provisioner.core.plan.write_document import plan_document  # noqa: PLC0415 - cold start

            self.plan = plan_document(kinds, plan)

    @property
    def labels(self) -> dict[str, str]:
        """Return the labels that every metric has."""
        return {name: getattr(self, name) for name in PLACE}


def metrics_text(figures: RunFigures, earlier: str = "") -> str:
    """
    Return the metrics in Prometheus' text format.

    `earlier` is the text of the last run. A run that fails keeps the time of the last success from it.
    """
    from prometheus_client import CollectorRegistry, Gauge, generate_latest  # noqa: PLC0415 - cold start

    registry = CollectorRegistry()

    def tell(name: str, help_: str, rows: Mapping[Any, float], *labels: str) -> None:
        gauge = Gauge(f"provisioner_{name}", help_, (*PLACE, *labels), registry=registry)
        for values, number in rows.items():
            gauge.labels(*figures.labels.values(), *values).set(number)

    tell("run_exit_code", "Exit code of the last run.", {(): figures.exit_code})
    tell("run_duration_seconds", "Duration of the last run.", {(): figures.seconds})
    tell("run_timestamp_seconds", "End of the last run, in Unix seconds.", {(): figures.at})
    requests = {(method,): count for method, count in figures.requests.items()}
    tell("run_requests", "Requests that Stripe answered in the last run.", requests, "method")
    if success := figures.at if figures.exit_code in SUCCESSFUL else _last_success(earlier):
        help_ = "End of the last run that succeeded, in Unix seconds."
        tell("last_success_timestamp_seconds", help_, {(): success})
    if figures.drift:
        _tell_drift(tell, figures.drift)
    if figures.plan:
        _tell_plan(tell, figures.plan)
    return generate_latest(registry).decode()


def _last_success(earlier: str) -> float:
    """Return the time of the last success from an earlier text; 0 if there is none."""
    from prometheus_client.parser import text_string_to_metric_families  # noqa: PLC0415 - cold start

    for family in text_string_to_metric_families(earlier):
        for sample in family.samples:
            if sample.name == LAST_SUCCESS:
                return float(sample.value)
    return 0.0


def _tell_drift(tell: Tell, drift: "DriftDocument") -> None:
    found = Counter(
        (value.address.partition(".")[0], value.direction.value) for value in drift.drift if not value.waits
    )
    tell("drift", "Values changed outside of provisioner.", {(): drift.summary.drift})
    tell(
        "drift_by_kind",
        "Values changed outside of provisioner, by section and effect on spending.",
        found,
        "section",
        "direction",
    )
    tell("drift_pending", "Changes that are not applied yet.", {(): drift.summary.pending})
    tell("drift_warnings", "Cards and cardholders that Stripe blocks.", {(): drift.summary.warnings})


def _tell_plan(tell: Tell, plan: "PlanDocument") -> None:
    changes = {(name,): number for name, number in plan.summary.counts.items()}
    tell("plan_changes", "Changes of the last plan, by action.", changes, "action")
    tell("plan_guardrails", "Guardrails that block the last plan.", {(): len(plan.stopped_by)})
    for name, help_ in (
        ("available", "Money in the Issuing balance, in minor units."),
        ("pending", "Top-ups that are pending, in minor units."),
        ("target", "Target of the Issuing balance, in minor units."),
    ):
        found = {(each.currency,): getattr(each, name) for each in plan.outlook.balances}
        known = {key: amount for key, amount in found.items() if amount is not None}
        tell(f"balance_{name}_minor_units", help_, known, "currency")
    rows = {
        (each.team or "others", each.currency, state): (power.amount, power.unlimited)
        for each in plan.outlook.exposure
        for state, power in (("before", each.before), ("after", each.after))
    }
    amounts = {key: amount for key, (amount, _) in rows.items()}
    unlimited = {key: cards for key, (_, cards) in rows.items()}
    labels = ("team", "currency", "state")
    help_ = "Most that a team's cards can spend in a month, in minor units, before and after the plan."
    tell("exposure_minor_units", help_, amounts, *labels)
    tell("exposure_unlimited_cards", "Cards of a team without a monthly limit.", unlimited, *labels)
