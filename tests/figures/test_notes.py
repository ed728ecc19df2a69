"""A study in sentences."""

from tests.figures.studies import crashing, empty, fast_and_slow
from tuner.figures import study_sentences


def test_what_is_searched_what_was_found_and_how_to_read_the_score():
    aim, result, score = study_sentences(fast_and_slow())
    assert aim == (
        "toy searches for the configuration that reaches a return of 10 on Toy (mujoco, 4 robots) in the least time; "
        "each of 2 trials has 100 s of training clock."
    )
    assert result == "Of 2 trials, 1 reached the target; the fastest was trial 0 (fast), after 20.0 s."
    assert "stretched by what was missing" in score


def test_results_of_studies_that_found_little():
    assert study_sentences(empty())[1] == "No trial has finished yet."
    assert study_sentences(crashing())[1] == "Of 1 trial, none ended with a score: 1 crashed."
    # 10 · 100 / 216 within the budget
    missed = study_sentences(fast_and_slow(budget={"trials": 1}, warm_start=("slow",)))[1]
    assert missed == "Of 1 trial, none reached the target; the best return, 4.63, was that of trial 0 (slow)."


def test_without_a_target_the_return_is_the_result():
    aim, result, score = study_sentences(fast_and_slow(objective={"kind": "return_at_budget", "target": None}))
    assert "the highest return on Toy" in aim
    assert result == "Of 2 trials, the best was trial 0 (fast), with a return of 10."
    assert score.startswith("The score is minus the best return")
