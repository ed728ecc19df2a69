"""What is said of trials, for one made by hand of each outcome."""

import pytest
from optuna.trial import TrialState

from tests.dashboard.trials import BUDGET, RETURN, TIME, trial
from tuner.dashboard import trial_note
from tuner.records import Outcome, OutcomeKind


def first(made, objective=TIME, **facts):
    """Return the first paragraph of a trial's note."""
    return trial_note(made, objective, BUDGET, **facts).split("\n\n")[0].strip()


def ended(kind, **facts):
    return trial(Outcome(kind=kind, clock_seconds=42.25, **facts))


def test_reached():
    assert first(ended(OutcomeKind.REACHED, reached_seconds=41.03, final_return=15.816)) == (
        "**Reached the target of 15 after 41.0 s** of training clock; an evaluation confirmed it, where its policy "
        "earned 15.82."
    )


def test_exhausted_is_censored():
    made = trial(Outcome(kind=OutcomeKind.EXHAUSTED, clock_seconds=100.0, best_return=12.5))
    assert first(made) == (
        "**Did not reach the target of 15** within its budget of 100 s. Its best return was 12.50. Its time to return "
        "is only known to exceed 100.0 s."
    )
    assert first(made, RETURN) == "**Spent its budget** of 100 s. Its best return was 12.50."


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("dominated", r"by the rule *dominated*: its clock had passed the best time to return"),
        ("behind", r"by the rule *behind*: its best return was low compared with"),
        ("hopeless", r"by the rule *hopeless*: even the most optimistic continuation"),
        ("median", "by the pruner *median*."),
        (None, "by the pruner."),
    ],
)
def test_pruned_and_why(rule, words):
    text = first(ended(OutcomeKind.PRUNED, rule=rule, best_return=3.0))
    assert text.startswith(f"**Stopped early, after 42.2 s**, {words}")
    assert text.endswith("Its best return was 3.00.")


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (OutcomeKind.DIVERGED, "**Diverged after 42.2 s** of training clock."),
        (OutcomeKind.CRASHED, "**Crashed after 42.2 s** of training clock."),
        (OutcomeKind.HUNG, "**Hung after 42.2 s** of training clock."),
        (OutcomeKind.TOO_LARGE, "**Too large for the memory**, so it was not trained."),
        (OutcomeKind.INTERRUPTED, "**Interrupted after 42.2 s** by the user or by the time limit of the study."),
    ],
)
def test_faults_with_what_happened(kind, words):
    note = trial_note(ended(kind, message="the *loss* is NaN"), TIME, BUDGET)
    assert f"{words}\n\n~~~\nthe *loss* is NaN\n~~~\n" in note


@pytest.mark.parametrize("kind", [OutcomeKind.DIVERGED, OutcomeKind.TOO_LARGE])
def test_what_does_not_work_has_the_worst_score(kind):
    words = "It got the worst score, 200."
    assert words in trial_note(trial(Outcome(kind=kind), value=200.0), TIME, BUDGET)
    assert words not in trial_note(trial(Outcome(kind=kind), state=TrialState.FAIL), TIME, BUDGET)


def test_every_outcome_has_words():
    assert all(first(ended(kind)).startswith("**") for kind in OutcomeKind)


def test_a_message_cannot_end_its_own_block():
    note = trial_note(ended(OutcomeKind.CRASHED, message="~~~\n![x](http://attacker.example)"), TIME, BUDGET)
    assert note.count("~~~") == 2


def test_a_trial_without_a_return_says_what_its_seconds_went_to():
    note = first(ended(OutcomeKind.EXHAUSTED, ledger={"simulate": 42.25}, details={"reset_seconds": 40.0}))
    assert "But no return was measured in its 42.2 s of training clock" in note
    assert "simulation 42.2 s (40.0 s of it resets)" in note


def test_a_traceback_is_shown():
    note = trial_note(ended(OutcomeKind.CRASHED, details={"traceback": "Traceback …\nKeyError: 'x'"}), TIME, BUDGET)
    assert "~~~\nTraceback …\nKeyError: 'x'\n~~~" in note


def test_running():
    # Tick 5 of 20 stands at 25 of 100 s; the score 150 is B · (1 + s), s = 0.5 = gap / (gap + 15): gap 15, return 0.
    made = trial(state=TrialState.RUNNING, values={4: 160.0, 5: 150.0})
    assert first(made) == "**Running**: 25.0 of 100 s of training clock. Its best return was 0.00."


def test_waiting_and_killed():
    assert first(trial(state=TrialState.WAITING)) == "**Waiting** to be trained."
    assert first(trial(state=TrialState.FAIL)) == "**Fail**, but nothing else is known about it."


def test_the_ledger_as_a_table():
    # 2 + 6 + 12 = 20 s, of which simulate and learn, 18 s, run on the training clock.
    ledger = {"compile": 2.0, "simulate": 6.0, "learn": 12.0, "idle": 0.0}
    note = trial_note(ended(OutcomeKind.EXHAUSTED, ledger=ledger), TIME, BUDGET)
    table = [line for line in note.splitlines() if line.startswith("|")]
    assert table[2:] == [
        "| compile | 2.0 | 10% |  |",
        "| simulate | 6.0 | 30% | ✓ |",
        "| learn | 12.0 | 60% | ✓ |",
        "| **all** | **20.0** | | 18.0 s |",
    ]


def test_what_else_is_worth_knowing():
    facts = {
        "warm_start": "sbx_default",
        "retry_of": 3,
        "shadow": {"rule": "behind", "tick": 4, "clock_seconds": 20.0},
        "spec": {"directory": "runs/toy/trial-0007"},
    }
    made = trial(Outcome(kind=OutcomeKind.EXHAUSTED, contended=True), **facts)
    note = trial_note(made, TIME, BUDGET, queued_again=True)
    for words in (
        "warm start `sbx_default`",
        "It repeats trial 3.",
        "Another trial repeats it",
        "The rule *behind* would have stopped it at 20.0 s",
        "**its seconds do not compare**",
        "Files: `runs/toy/trial-0007`",
    ):
        assert words in note


def test_a_confirm_run_names_its_candidate_and_seed():
    assert "It trains trial 12 again, on the fresh seed 5." in trial_note(trial(candidate=12, seed=5), TIME, BUDGET)
    assert "It trains sbx_default again" in trial_note(trial(candidate="sbx_default", seed=5), TIME, BUDGET)


def test_pictures_are_shown_and_linked():
    pictures = {"curve": "/artifacts/1/2/a", "curve_page": "/artifacts/1/2/b"}
    note = trial_note(ended(OutcomeKind.REACHED), TIME, BUDGET, pictures=pictures)
    assert "![return over the training clock](/artifacts/1/2/a)" in note
    assert "Interactive: [return](/artifacts/1/2/b)." in note
    assert "![" not in trial_note(ended(OutcomeKind.REACHED), TIME, BUDGET)


def test_what_was_reached_on_the_way():
    milestones = [{"goal": 5.0, "reached_seconds": 12.34}, {"goal": 10.0, "reached_seconds": None}]
    note = trial_note(ended(OutcomeKind.EXHAUSTED, milestones=milestones), TIME, BUDGET)
    assert "\n\nReached on the way: 5 after 12.3 s, 10 not.\n" in note
    assert "on the way" not in trial_note(ended(OutcomeKind.EXHAUSTED), TIME, BUDGET)


def test_what_it_ran_on_is_told_where_that_matters():
    finished = trial(Outcome(OutcomeKind.REACHED, reached_seconds=20.0, clock_seconds=20.0))
    told = "Trained on Old CPU, 2 threads: its seconds compare with those of trials on the same only."
    assert told in trial_note(finished, TIME, BUDGET, device="Old CPU, 2 threads")
    assert "Trained on" not in trial_note(finished, TIME, BUDGET)
