"""What was stopped when, and by which rule.

After trial 0 the cap is 1.25 · 20 = 25 s. `hopeless` looks for slopes over two ticks within the second half of a trial
so far, so the first it finds in trial 1 is at the fifth tick, 25 s, where the cap leaves no time at all for what is
missing. If the trial is let run, it is dominated at the first tick beyond 25 s.
"""

from tests.figures.studies import fast_and_slow, stopped
from tuner.figures import stops_data, stops_figure


def test_a_stop():
    (row,) = stops_data(stopped(shadow_share=0.0)).to_dict("records")
    assert (row["number"], row["rule"], row["clock_seconds"], row["shadow"]) == (1, "hopeless", 25.0, False)
    assert row["outcome"] == "pruned"


def test_a_shadow_has_the_verdict_it_escaped_and_the_one_that_stopped_it():
    data = stops_data(stopped(shadow_share=1.0))
    assert data["rule"].tolist() == ["hopeless", "dominated"]
    assert data["clock_seconds"].tolist() == [25.0, 30.0]
    assert data["shadow"].tolist() == [True, False]
    assert data["number"].tolist() == [1, 1]


def test_each_rule_has_its_strip_and_each_fate_its_mark():
    data = stops_data(stopped(shadow_share=1.0))
    figure = stops_figure(data, budget_seconds=100.0, best_seconds=20.0)
    assert list(figure.layout.yaxis.ticktext) == ["hopeless", "dominated"]
    marks = {trace.name: (list(trace.x), [round(y) for y in trace.y]) for trace in figure.data}
    assert marks == {"stopped (1)": ([30.0], [1]), "ran on, did not reach the target (1)": ([25.0], [0])}
    assert [note.text for note in figure.layout.annotations] == ["best time to return 20 s"]


def test_a_shadow_that_reached_the_target_is_marked_as_wronged():
    data = stops_data(stopped(shadow_share=1.0)).assign(outcome="reached")
    names = [trace.name for trace in stops_figure(data, budget_seconds=100.0).data]
    assert names == ["stopped (1)", "ran on, and reached it (1)"]


def test_nothing_was_stopped():
    assert stops_data(fast_and_slow()).empty
