"""The headline and the sections on what was found."""

from dataclasses import replace

import pytest

from tests.confirm.racing import Race, play
from tests.report.sections import figures, told
from tests.study import toy
from tests.study.toy import Lab
from tuner.records import Evaluation, OutcomeKind
from tuner.report._result import configuration_section, headline, result_facts, time_section
from tuner.report._study_data import read_source


def test_without_a_confirmation_the_fastest_trial_leads(unpruned):
    assert headline(unpruned) == "Of 2 trials, 1 reached the target; the fastest was trial 0 (fast), after 20.0 s."
    assert result_facts(unpruned) == [
        ("20.0 s", "to the target, fastest trial, one seed"),
        ("10", "target return"),
        ("100 s", "budget of a trial, training clock"),
        ("2 of 2", "trials finished, 1 reached the target"),
    ]


def test_a_confirmed_winner_leads(confirmed):
    # 26, 22, 25, 24 and 23 s: 24 s on average
    assert headline(confirmed).startswith("Trial 1 won on 5 fresh seeds: it reaches a return of 10 after 24.0 s (")
    assert headline(confirmed).endswith(") on average, on 5 of 5 seeds.")
    first, second, *_ = result_facts(confirmed)
    assert first == ("24.0 s", "to the target, mean of 5 fresh seeds")
    assert second == ("100\N{NO-BREAK SPACE}%", "of the seeds reached the target")


def test_a_study_without_a_score_has_no_result(unstarted, crashed):
    assert headline(unstarted) == "No trial has finished yet."
    assert "none ended with a score: 1 crashed" in headline(crashed)
    for source in (unstarted, crashed):
        assert result_facts(source)[0] == ("10", "target return")
        assert configuration_section(source) is None
        assert "nothing to confirm yet" in told(time_section(source))
        assert figures(time_section(source)) == []


def test_without_a_target_there_is_no_time_to_it():
    def play_to_the_end(spec):
        recording = toy.play(spec)
        return replace(recording, outcome=replace(recording.outcome, kind=OutcomeKind.EXHAUSTED, reached_seconds=None))

    lab = Lab(None)
    objective = {"kind": "return_at_budget", "target": None}
    config = lab.config(objective=objective, budget={"trials": 1}, fixed={"x": 0.3})
    lab.run(config, recordings=play_to_the_end)
    source = read_source(lab.load(config), top=3)
    assert time_section(source) is None
    assert result_facts(source)[:2] == [("10", "best return"), ("none", "target return")]


def test_times_of_the_studys_own_trials_are_not_confirmed_yet(unpruned):
    section = time_section(unpruned)
    assert told(section).startswith("Not confirmed yet.")
    assert told(section).endswith("tuner confirm toy")
    assert figures(section) == ["time-to-return"]


def test_candidates_are_compared_with_what_the_study_promised(confirmed):
    section = time_section(confirmed)
    text = told(section)
    assert section.title == "Confirmed on fresh seeds"
    assert "5 of 5 24.0 s 0.0 s winner" in text
    assert "trial 0 57.0 s (39.0 … 80.0) 4 of 5 20.0 s +37.0 s" in text
    assert "clearly slower than trial 1 after 3 seeds" in text
    assert "never (reference) 100.0 s (100.0 … 100.0) 0 of 5 — —" in text
    assert figures(section) == ["promised-and-given", "time-to-return"]


@pytest.mark.parametrize(
    ("changes", "note"),
    [
        (
            {"outdated": "task.num_envs: 4 before, 8 now"},
            "This belongs to an earlier version of the study. task.num_envs",
        ),
        ({"finished": False}, "Not finished yet; continue with: tuner confirm toy"),
        ({"winner": None}, "No candidate reached the target on any seed, so there is no winner."),
    ],
)
def test_a_confirmation_that_does_not_count_says_why(confirmed, changes, note):
    assert note in told(time_section(replace(confirmed, confirmation=replace(confirmed.confirmation, **changes))))


def test_what_keeps_seconds_from_comparing_is_told():
    race = Race(Lab(None), "steady")
    undisturbed = play(race.seeds)

    def play_beside_others_then_diverge(spec):
        recording = undisturbed(spec)
        if race.seeds[spec.seed] == 0:
            return replace(recording, outcome=replace(recording.outcome, contended=True))
        return replace(recording, outcome=replace(recording.outcome, kind=OutcomeKind.DIVERGED, reached_seconds=None))

    race.run(top=1, seeds=2, recordings=play_beside_others_then_diverge)
    text = told(time_section(read_source(race.study, top=3)))
    assert "Counted as not reached: trial 0 diverged on seed 2." in text
    assert "1 of 2 runs shared its CPUs with other work; seconds of such runs do not compare." in text


def test_the_configuration_is_the_winners_or_else_the_best_trials(confirmed, unpruned):
    section = configuration_section(confirmed)
    assert "the confirmed winner, trial 1" in section.reading
    assert "learning_rate 0.4" in told(section)
    assert "Parameters of the search space x 0.4 y a" in told(section)
    section = configuration_section(unpruned)
    assert "the best trial so far, trial 0 (fast)" in section.reading
    assert "learning_rate 0.3" in told(section)


def measuring(recording, **metrics):
    """Return a recording whose last evaluation measured this, with an eighth of its episodes failed."""
    evaluation = Evaluation(20.0, 10.0, 0.1, 8, 300.0, failed=0.125, metrics=metrics)
    return replace(recording, outcome=replace(recording.outcome, evaluations=[evaluation.to_json()]))


def test_what_the_task_measured_of_the_winner_is_a_mean_over_its_seeds():
    race = Race(Lab(None), "steady")
    played = play(race.seeds)
    shares = iter([0.5, 0.75])
    race.run(top=1, seeds=2, recordings=lambda spec: measuring(played(spec), speed_share=next(shares)))
    text = told(configuration_section(read_source(race.study, top=3)))
    sentence = "Means over the steps of the last evaluation of the confirmed winner, trial 0, averaged over 2 seeds"
    assert f"What the task measured {sentence}, by the task's own names. speed_share 0.625" in text
    assert "episodes that failed 12.5" in text


def test_what_the_task_measured_of_the_best_trial():
    lab = Lab(None)
    config = lab.config(budget={"trials": 1}, fixed={"x": 0.3})
    lab.run(config, recordings=lambda spec: measuring(toy.play(spec), height=-1.5))
    text = told(configuration_section(read_source(lab.load(config), top=3)))
    assert "the last evaluation of the best trial so far, trial 0, by the task's own names. height −1.5" in text


def test_a_task_without_metrics_measured_nothing(confirmed, unpruned):
    for source in (confirmed, unpruned):
        assert "What the task measured" not in told(configuration_section(source))


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        ([-1.0, -1.0], [1.0, 1.0], "action_box -1 … 1 in each of 2 dimensions"),
        ([-1.0, -0.25], [1.0, 0.5], "Action box action low high 0 -1 1 1 -0.25 0.5"),
    ],
)
def test_a_box_that_differs_between_dimensions_is_a_table(unpruned, low, high, expected):
    best = unpruned.summary.best
    agent = {**best.agent, "action_box": {"low": low, "high": high}}
    text = told(
        configuration_section(replace(unpruned, summary=replace(unpruned.summary, best=replace(best, agent=agent))))
    )
    assert expected in text
    assert ("Action box" in text) is ("Action box" in expected)


def test_a_confirmation_has_the_times_to_milestones():
    race = Race(Lab(None), "steady", objective={"milestones": [5.0]})
    race.run(seeds=2)
    words = told(time_section(read_source(race.study, top=3)))
    assert "On the way to the target" in words
    assert "2 of 2 13.0 s, 11.0 s" in words
