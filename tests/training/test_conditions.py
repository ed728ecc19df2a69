import pytest

from tuner.training._conditions import CpuTimes, is_contended, read_cpu_times

BEFORE = CpuTimes(own=5.0, busy=50.0, total=100.0)


@pytest.mark.parametrize(
    ("own", "busy", "contended"),
    [
        (19.0, 20.0, False),  # all busy, 1 of 20 s were others': 5 %
        (17.0, 20.0, True),  # 3 of 20 s: 15 %
        (8.0, 15.0, False),  # others took 35 %, but a quarter stood idle
        (0.0, 0.0, False),
    ],
)
def test_twenty_cpu_seconds(own, busy, contended):
    after = CpuTimes(own=BEFORE.own + own, busy=BEFORE.busy + busy, total=BEFORE.total + 20.0)
    assert is_contended(BEFORE, after) is contended


def test_without_counters_nothing_is_claimed():
    assert not is_contended(BEFORE, BEFORE)


def test_the_counters_of_this_system_are_in_order():
    first = read_cpu_times()
    spent = sum(i * i for i in range(300_000))  # some CPU time of our own
    second = read_cpu_times()
    assert spent > 0
    assert second.own >= first.own > 0
    assert second.total >= first.total >= first.busy >= 0
