"""Every drawing, by its file."""

from collections.abc import Callable

from pictures.architecture import architecture
from pictures.plan_order import plan_order

DRAWINGS: dict[str, Callable[[], str]] = {
    "architecture.svg": architecture,
    "plan-order.svg": plan_order,
}
