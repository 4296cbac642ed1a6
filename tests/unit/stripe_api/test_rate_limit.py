"""Requests keep within Stripe's limits, however Stripe counts them, and no slower than that."""

import itertools
import math
import random
from collections import Counter, deque
from collections.abc import Callable, Sequence
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.stripe_api.rate_limit import BURST, EARLY, LIMITS, Limits, Pace, at_least, limits_for

ENDPOINTS = (
    ("GET", "issuing/cards"),
    ("POST", "issuing/cards"),
    ("POST", "issuing/cards/ic_1"),
    ("GET", "topups"),
)
TICK = 1e-6  # seconds; no clock is finer, and sums of floats are not exact
Arrivals = Sequence[tuple[float, int]]  # seconds after the one before, and which of the endpoints

arrivals = st.lists(
    st.tuples(
        st.sampled_from([0.0, 0.0, 0.0, 0.001, 0.01, 0.04, 0.3, 1.0]) | st.floats(0, 3),
        st.integers(0, len(ENDPOINTS) - 1),
    ),
    max_size=150,
)
limits = st.builds(
    Limits,
    endpoint=st.sampled_from([0.5, 1.0, 2.5, 10.0, 25.0]),
    total=st.sampled_from([0.7, 5.0, 25.0, 100.0]),
)


def departures(given: Limits, wanted: Arrivals) -> list[tuple[float, int]]:
    """When requests leave that want to at some time, on a clock that stands still but for waits."""
    now = 0.0

    def sleep(seconds: float) -> None:
        nonlocal now
        now += max(seconds, TICK)

    pace = Pace(given, clock=lambda: now, sleep=sleep)
    left = []
    begun = 0.0
    for gap, endpoint in wanted:
        begun += gap
        now = max(now, begun)
        with pace.turn(*ENDPOINTS[endpoint]):
            left.append((now, endpoint))
    return left


def most_within(times: Sequence[float], seconds: float) -> int:
    window: deque[float] = deque()
    most = 0
    for at in times:
        window.append(at)
        while window[0] <= at - seconds:
            window.popleft()
        most = max(most, len(window))
    return most


@given(limits, arrivals)
def test_no_second_has_more_requests_than_the_limits(given_limits, wanted):
    left = departures(given_limits, wanted)

    assert most_within([at for at, _ in left], 1.0) <= math.ceil(given_limits.total)
    for endpoint in range(len(ENDPOINTS)):
        times = [at for at, other in left if other == endpoint]
        assert most_within(times, 1.0) <= math.ceil(given_limits.endpoint)


def race(given: Limits, queues: Counter[int], chance: random.Random) -> list[tuple[float, int]]:
    """When requests leave of which each endpoint's next one asks, again and again, in no order at all."""
    now = 0.0
    pace = Pace(given, clock=lambda: now)
    lanes = [pace.lane(*endpoint) for endpoint in ENDPOINTS]
    left: list[tuple[float, int]] = []
    while queues := +queues:
        heads = list(queues)
        chance.shuffle(heads)
        waits = {endpoint: pace.leave(lanes[endpoint]) for endpoint in heads}
        gone = [endpoint for endpoint, wait in waits.items() if not wait]
        left += [(now, endpoint) for endpoint in gone]
        queues.subtract(gone)
        now += 0 if gone else max(min(waits.values()), TICK)
    return left


@given(limits, st.lists(st.integers(0, len(ENDPOINTS) - 1), max_size=120), st.randoms(use_true_random=False))
def test_nor_where_many_wait_and_any_of_them_is_the_next_to_look(given_limits, waiting, chance):
    left = race(given_limits, Counter(waiting), chance)

    assert most_within([at for at, _ in left], 1.0) <= math.ceil(given_limits.total)
    for endpoint in range(len(ENDPOINTS)):
        times = [at for at, other in left if other == endpoint]
        assert most_within(times, 1.0) <= math.ceil(given_limits.endpoint)


Server = Callable[[float], bool]  # whether a request that arrives then is served


def bucket(rate: float, room: float) -> Server:
    filled, at = room, 0.0

    def serves(now: float) -> bool:
        nonlocal filled, at
        filled, at = min(room, filled + (now - at) * rate), now
        if filled < 1:
            return False
        filled -= 1
        return True

    return serves


def sliding(rate: float) -> Server:
    served: deque[float] = deque()

    def serves(now: float) -> bool:
        while served and served[0] <= now - 1:
            served.popleft()
        served.append(now)
        return len(served) <= rate

    return serves


def fixed(rate: float, phase: float) -> Server:
    served: Counter[int] = Counter()

    def serves(now: float) -> bool:
        second = int(now + phase)
        served[second] += 1
        return served[second] <= rate

    return serves


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    "server",
    [
        partial(bucket, 25, 25),
        partial(bucket, 25, BURST + 2),
        partial(sliding, 25),
        partial(fixed, 25, 0.0),
        partial(fixed, 25, 0.62),
    ],
    ids=["bucket", "small bucket", "sliding windows", "fixed windows", "fixed windows, begun elsewhen"],
)
def test_a_server_of_any_kind_serves_all_though_the_way_takes_now_longer_now_shorter(server, seed):
    chance = random.Random(seed)  # noqa: S311 - the same in every run
    left = departures(Limits(25, 100), [(0.0, 0)] * 300)
    serves = server()

    arrived = sorted(at + chance.uniform(0.1, 0.1 + EARLY * 0.9) for at, _ in left)

    assert all(serves(at) for at in arrived)


def test_little_is_not_held_up():
    left = departures(LIMITS["test"], [(0.0, n % len(ENDPOINTS)) for n in range(BURST)])

    assert [at for at, _ in left] == [0.0] * BURST


@pytest.mark.parametrize("counts", [[1], [25], [100], [1000], [100, 100], [300, 20, 1], [25] * 4])
@pytest.mark.parametrize("mode", LIMITS)
def test_much_takes_as_long_as_is_foretold(mode, counts):
    chance = random.Random(4)  # noqa: S311 - the same in every run

    took = race(LIMITS[mode], Counter(dict(enumerate(counts))), chance)[-1][0]

    assert took <= at_least(LIMITS[mode], counts) <= took + 1.0


def test_a_thousand_take_no_more_than_a_tenth_longer_than_the_limit_itself():
    assert at_least(LIMITS["live"], [1000, 1000]) <= 1.1 * 1000 / 25


@pytest.mark.parametrize(
    ("total", "endpoint", "wanted"),
    [
        (None, None, Limits(25, 100)),
        (10, None, Limits(10, 10)),
        (50, None, Limits(25, 50)),
        (400, None, Limits(25, 400)),
        (None, 40, Limits(40, 100)),
        (10, 40, Limits(10, 10)),
        (400, 200, Limits(200, 400)),
    ],
)
def test_more_in_all_is_not_more_an_endpoint(total, endpoint, wanted):
    assert limits_for("live", total, endpoint) == wanted


def test_what_counts_as_one_endpoint():
    pace = Pace(LIMITS["live"])

    assert pace.lane("POST", "issuing/cards/ic_1A2b") is pace.lane("POST", "issuing/cards/ic_1A2c")
    assert pace.lane("POST", "issuing/cards") is not pace.lane("GET", "issuing/cards")
    assert pace.lane("POST", "issuing/cards") is not pace.lane("POST", "issuing/cards/ic_1A2b")


def test_a_long_list_is_read_in_bursts_and_writes_keep_an_even_rate() -> None:
    listed = [at for at, _ in departures(LIMITS["test"], [(0.0, 0)] * 56)]
    written = [at for at, _ in departures(LIMITS["test"], [(0.0, 1)] * 56)]

    assert listed[-1] < 2.2  # seconds; an even rate takes 2.4
    second = [at for at in written if at >= 1]
    assert min(later - earlier for earlier, later in itertools.pairwise(second)) >= 1 / 25
