"""
Checks a pull request: whether the configuration is valid, its scenarios pass, and its plan may be
applied.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager

from msgspec import Struct
from msgspec.structs import replace

from provisioner.app.account import Account
from provisioner.app.configuration import check_configuration, ended_grants
from provisioner.app.history import PastPeriod
from provisioner.app.plan import explain_plan, plan_with_snapshot
from provisioner.core.model.check import CheckPart
from provisioner.core.model.config import Config
from provisioner.core.model.errors import ExitCode, Problem, ProvisionerError
from provisioner.core.model.snapshot import Snapshot
from provisioner.core.plan.check import ProjectCheck
from provisioner.core.plan.document import PlanCheck
from provisioner.core.plan.guardrails import UNJUDGED, judge, stops
from provisioner.core.plan.plan import Plan
from provisioner.core.plan.write_document import plan_document
from provisioner.core.purchases.result import ScenarioResult, Standing, tally
from provisioner.views.backtest.facts import doubts
from provisioner.views.backtest.facts import summary as backtest_summary
from provisioner.views.plan.text import summary_line


class Checked(Struct, frozen=True):
    """The result of a check, and its plan."""

    check: ProjectCheck
    """The result of every part."""
    plan: Plan | None = None
    """The plan, which can be saved; None if no plan could be made."""


def check_project(
    check: ProjectCheck,
    load: Callable[[], Config],
    connect: Callable[[Config], AbstractContextManager[Account]],
    play: Callable[[Config], Sequence[ScenarioResult]],
    allow: Mapping[str, int],
    period: PastPeriod | None = None,
) -> Checked:
    """
    Check a configuration in all parts; a failure in one part does not stop the others.

    `check` identifies the configuration. `load` reads it, `connect` opens its account for reading, and `play`
    runs its scenarios. `allow` has the numbers allowed with `--allow`, by guardrail. If there is a `period`,
    its purchases are judged by the planned controls.
    """
    config, validate = check_configuration(load)
    if config is None:
        why = "the configuration is not valid"
        others = (_skipped(name, why) for name in ("scenarios", "guardrails", "plan"))
        return Checked(replace(check, parts=(validate, *others)))
    scenarios = _check_scenarios(config, play)
    check = replace(check, project=config.project, mode=config.mode, account=config.account or "")
    try:
        with connect(config) as account:
            warnings = (*validate.warnings, *ended_grants(config, account.config.now))
            validate = replace(validate, warnings=warnings)
            plan, snapshot = plan_with_snapshot(account)
            plan = explain_plan(account, plan)
            plan, backtested = _backtest(account, snapshot, plan, period)
    except ProvisionerError as error:
        failed = CheckPart("plan", "no plan can be made", error.exit_code, (Problem(None, "", str(error)),))
        parts = (validate, scenarios, _skipped("guardrails", "there is no plan"), failed)
        return Checked(replace(check, parts=parts))
    # Whoever applies a checked plan has reviewed it; that counts as approval.
    document = plan_document(account.kinds, plan, stops(plan, config.guardrails, approved=True))
    guardrails = _check_guardrails(plan, config, allow)
    done = (validate, scenarios, guardrails, *backtested, CheckPart("plan", summary_line(document)))
    document = replace(document, checks=tuple(PlanCheck(p.name, p.outcome, p.text) for p in done))
    return Checked(replace(check, parts=done, account=document.account, plan=document), plan)


def _backtest(
    account: Account, snapshot: Snapshot, plan: Plan, period: PastPeriod | None
) -> tuple[Plan, tuple[CheckPart, ...]]:
    """Return the plan with a backtest and the part about it, or without them if no period was given."""
    if period is None:
        is_limited = account.config.guardrails.max_declined_purchases is not None
        return plan, (_skipped("backtest", UNJUDGED),) if is_limited else ()
    from provisioner.app.backtest import with_backtest  # noqa: PLC0415 - cold start: few checks have one

    try:
        plan = with_backtest(account, snapshot, plan, period)
    except ProvisionerError as error:
        failed = Problem(None, "", str(error))
        return plan, (CheckPart("backtest", "no purchases can be read", error.exit_code, (failed,)),)
    if plan.backtest is None:
        return plan, ()
    remarks = doubts(plan.backtest)
    warnings = tuple(Problem(None, "backtest", text) for text in remarks)
    return plan, (CheckPart("backtest", backtest_summary(plan.backtest), warnings=warnings),)


def _skipped(name: str, why: str) -> CheckPart:
    return CheckPart(name, why, skipped=True)


def _check_scenarios(config: Config, play: Callable[[Config], Sequence[ScenarioResult]]) -> CheckPart:
    if not config.scenarios:
        return _skipped("scenarios", "the configuration has none")
    results = play(config)
    problems = tuple(
        Problem(result.scenario.where, f"scenarios.{result.scenario.name}", result.text)
        for result in results
        if result.standing is not Standing.PASSED
    )
    text = ", ".join(f"{number:,} {standing}" for standing, number in tally(results).items() if number)
    return CheckPart("scenarios", text, ExitCode.ERROR if problems else ExitCode.DONE, problems)


def _check_guardrails(plan: Plan, config: Config, allow: Mapping[str, int]) -> CheckPart:
    """
    Check a plan's guardrails; a guardrail for single resources is reported at the line of the first
    one.
    """
    limits = config.guardrails
    exceeded, dangers = judge(plan, limits, {}), judge(plan, limits, allow)
    if not exceeded:
        return CheckPart("guardrails", "none exceeded")
    allowed = len(exceeded) - len(dangers)
    text = f"{len(exceeded):,} exceeded" + (f", {allowed:,} of them allowed by --allow" if allowed else "")
    problems = []
    for danger in dangers:
        places = (config.declared[each].where for each in danger.addresses if each in config.declared)
        problems.append(Problem(next(places, None), danger.name, str(danger)))
    return CheckPart("guardrails", text, ExitCode.GUARDRAIL if problems else ExitCode.DONE, tuple(problems))
