from _learner_tables import ratios, ratios_to_first
from _learners import Slice


def slices(*seconds: float) -> list[Slice]:
    return [Slice(each, steps=2, updates=8, booked={}) for each in seconds]


def test_ratios_are_taken_slice_by_slice():
    # 6 / 2 and 4 / 4; the ratio of the totals would be 10 / 6.
    assert ratios(slices(6.0, 4.0), slices(2.0, 4.0)) == [3.0, 1.0]


def test_all_are_compared_with_the_first_by_the_median():
    # 6 / 2, 4 / 4 and 10 / 2 are 3, 1 and 5.
    results = {"stock": slices(6.0, 4.0, 10.0), "fused": slices(2.0, 4.0, 2.0)}
    assert ratios_to_first(results) == {"fused": 3.0}
