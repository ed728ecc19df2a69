"""Where the seconds of a study went."""

import pytest

from tests.figures.studies import crashing
from tests.study import toy
from tests.study.toy import Lab
from tuner.figures import BETWEEN, ledgers_data, ledgers_figure, seconds_data


@pytest.fixture(scope="module")
def study():
    lab = Lab(None)
    config = lab.config(budget={"trials": 2}, warm_start=("fast", "slow"))
    lab.run(config, toy.space(fast={"x": 0.3, "y": "a"}, slow={"x": 0.8, "y": "b"}), slots=2)
    return lab.load(config)


def test_trial_by_trial(study):
    data = ledgers_data(study)
    seconds = data[data["seconds"] > 0].set_index(["number", "account"])["seconds"]
    assert seconds.to_dict() == {(0, "launch"): 3, (0, "simulate"): 20, (1, "launch"): 3, (1, "simulate"): 100}
    assert len(data) == 16, "two trials, eight accounts"


def test_all_seconds_of_the_workers(study):
    # Two slots for 103 s are 206 s: 2 · 3 launching, 120 simulating, and 80 in which the first slot had nothing to do.
    total = seconds_data(study).set_index("account")
    assert (total["seconds"]["launch"], total["seconds"]["simulate"], total["seconds"][BETWEEN]) == (6.0, 120.0, 80.0)
    assert total["share"].sum() == pytest.approx(1.0)
    assert total["share"]["simulate"] == pytest.approx(120 / 206)


def test_bars_are_stacked_in_the_order_of_accounts(study):
    figure = ledgers_figure(ledgers_data(study), seconds_data(study))
    assert figure.layout.barmode == "stack"
    above = [trace for trace in figure.data if trace.orientation == "h"]
    assert [(trace.name, trace.text) for trace in above] == [
        ("launch (off the clock)", ""),
        ("simulate", "58%"),
        (BETWEEN, "39%"),
    ]
    below = {trace.name: list(trace.y) for trace in figure.data if trace.orientation != "h"}
    assert below == {"launch": [3.0, 3.0], "simulate": [20.0, 100.0]}


def test_a_study_without_a_ledger():
    assert ledgers_data(crashing())["seconds"].sum() == 0
