"""The Kaplan–Meier curve, worked by hand."""

import math

import pandas as pd
import pytest

from tests.figures.studies import crashing, fast_and_slow, stopped
from tuner.analysis import trials_data
from tuner.figures import reaching_data, reaching_figure, study_times


def times(*pairs, label="a"):
    return pd.DataFrame(
        [(label, seconds, reached) for seconds, reached in pairs], columns=["label", "seconds", "reached"]
    )


def test_kaplan_and_meier_by_hand():
    # Five: one reaches at 10 (4/5 are left), one is lost at 15, two of the three left reach at 20 (4/5 · 1/3 = 4/15).
    data = reaching_data(times((10, True), (15, False), (20, True), (20, True), (100, False)))
    assert data["seconds"].tolist() == [0.0, 10.0, 15.0, 20.0, 100.0]
    assert data["share"].tolist() == pytest.approx([0.0, 1 / 5, 1 / 5, 11 / 15, 11 / 15])
    assert set(data["runs"]) == {5}


def test_the_interval_by_hand():
    # Greenwood on the log–log scale. At 10 s: Σ d/(n(n−d)) = 1/(5·4) = 0.05; ln 0.8 = −0.22314; so the standard error
    # of ln(−ln S) is √0.05 / 0.22314 = 1.00208, times 1.95996 = 1.96403. ln 0.22314 = −1.49994 ± 1.96403 is −3.46397
    # and 0.46409; S = exp(−exp(·)) is 0.96918 and 0.20381, and the share that reached 1 − S.
    data = reaching_data(times((10, True), (15, False), (20, True), (20, True), (100, False)))
    assert (data["low"][1], data["high"][1]) == pytest.approx((0.03082, 0.79619), abs=1e-5)
    assert math.isnan(data["low"][0])


def test_labels_keep_their_order_and_do_not_mix():
    data = reaching_data(pd.concat([times((30, True), label="b"), times((5, False), label="a")]))
    assert data["label"].tolist() == ["b", "b", "a", "a"]
    assert data["share"].tolist() == [0.0, 1.0, 0.0, 0.0]
    assert data["low"].isna().all(), "one run has no interval"


def test_no_runs_at_all():
    assert reaching_data(times()).empty


def test_a_studys_own_trials():
    data = study_times(fast_and_slow())
    assert data["seconds"].tolist() == [20.0, 100.0]
    assert data["reached"].tolist() == [True, False]


def test_a_trial_stopped_for_its_curve_counts_up_to_the_budget():
    study = stopped(shadow_share=0.0)
    assert trials_data(study)["rule"].dropna().tolist() == ["hopeless"]
    assert study_times(study)["seconds"].tolist() == [20.0, 100.0]


def test_a_trial_stopped_for_its_clock_is_lost_from_sight_then():
    # Trial 0 took 20 s; the rule stops trials beyond 1.25 · 20 = 25 s, at the next tick.
    study = stopped(shadow_share=1.0)
    assert trials_data(study)["rule"].dropna().tolist() == ["dominated"]
    data = study_times(study)
    assert data["seconds"].tolist() == [20.0, 30.0]
    assert data["reached"].tolist() == [True, False]


def test_a_crash_does_not_count():
    assert study_times(crashing()).empty


def test_curves_go_on_to_the_budget_and_their_interval_with_them():
    figure = reaching_figure(reaching_data(times((10, True), (40, True), (100, False))), budget_seconds=100.0)
    band, curve = figure.data
    assert (curve.x[-1], curve.y[-1]) == (100.0, pytest.approx(2 / 3))
    assert curve.line.shape == "hv"
    assert curve.name == "a (3 seeds)"
    assert max(band.x) == 100.0
    assert min(band.x) == 10.0, "no interval before the first"


def test_names_cannot_bring_markup():
    data = reaching_data(times((10, True), label="<a href='x'>y</a>"))
    (curve,) = reaching_figure(data, budget_seconds=100.0).data
    assert "<a" not in curve.name
    assert "<a" not in curve.hovertemplate
