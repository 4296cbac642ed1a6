"""A private sandbox begins no scenario right before midnight, when limits by the day begin anew."""

import pytest

from provisioner.app.sandboxes import DAY, clear_of_midnight


@pytest.mark.parametrize(
    ("now", "begin"),
    [(5 * DAY, 5 * DAY), (6 * DAY - 61, 6 * DAY - 61), (6 * DAY - 60, 6 * DAY), (6 * DAY - 1, 6 * DAY + 59)],
)
def test_not_right_before_midnight(now, begin):
    assert clear_of_midnight(now) == begin
