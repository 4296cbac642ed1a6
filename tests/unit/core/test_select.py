"""A part of a plan says how much of it is left out."""

import pytest
from support.declare import card, config, holder
from support.stripe_model import StripeModel

from provisioner.core.plan import make_plan
from provisioner.core.select import Selection
from provisioner.kinds import KINDS


@pytest.mark.parametrize(
    ("more", "said"), [((), "1 other change is left out"), (("b",), "2 other changes are left out")]
)
def test_what_is_left_out_is_counted(more, said):
    world = StripeModel().world()
    cards = [card(name) for name in ("a", *more)]
    plan = make_plan(KINDS, config(holder(), *cards), world, Selection(targets=("cardholders.acme",)))

    assert [note.text for note in plan.notes] == [f"this is a part of the plan: {said}"]
