"""The two oracles: the offline simulator and the sandbox, which share nothing, answer alike."""

import pytest
from hypothesis import event, given, settings
from support.purchases import CARD, worlds

from provisioner.cli.stage import private_sandbox
from provisioner.core.boundaries import declared_facts
from provisioner.core.simulate import simulate
from provisioner.engine.stage import on_stage
from provisioner.kinds import KINDS


@pytest.fixture(scope="module")
def stage():
    with private_sandbox() as started:
        yield started


@settings(max_examples=120)
@given(case=worlds())
def test_simulator_and_sandbox_answer_alike(stage, case):
    declared, scenario = case
    told = simulate(scenario, declared_facts(CARD, declared, scenario.balance))

    played = on_stage(KINDS, scenario, declared, stage)

    event(f"{played.answer}")
    assert (played.place, played.answer.approved, played.answer.reason) == (
        told.place,
        told.answer.approved,
        told.answer.reason,
    ), told.answer.why
