"""A confirmation as a table of its candidates and as sentences; the times are those of `tests/confirm/racing.py`."""

import io
from dataclasses import replace

from rich.console import Console

from tuner.analysis import Estimated
from tuner.cli.printing.confirm_tables import candidates_table, confirmation_lines, print_confirmation
from tuner.confirm import MilestoneTimes


def text(print_it):
    out = Console(width=160, color_system=None, file=io.StringIO(), record=True)
    print_it(out)
    return [" ".join(line.split()) for line in out.export_text().splitlines()]


def test_the_candidates_are_a_table(confirmation):
    lines = text(lambda out: out.print(candidates_table(confirmation)))
    assert lines[1].startswith("trial 1 5 of 5 100% 24.0 (")
    assert lines[1].endswith(") s 24.0 0.0 to the end")
    assert lines[2].startswith("trial 0 5 of 5 80% 57.0 (")
    assert lines[2].endswith(") s 20.0 +37.0 to the end")
    assert "clearly slower than trial 1 after 3 seeds: 63.0 s against 24.3 s" in lines[3]
    assert lines[4] == "never (reference) 5 of 5 0% > 100.0 s — — to the end"


def test_the_winner_is_told_with_what_was_promised_and_the_reference(confirmation):
    winner, reference = confirmation_lines(confirmation)
    assert winner.startswith("Winner: trial 1, mean time to return 24.0 (")
    assert winner.endswith(") s, reached on 5 of 5 seeds. The study promised 24.0 s, the same.")
    # 100 s on every seed against a mean of 24 s; the reference never got there, so it takes longer than that.
    assert reference.startswith("The reference never takes at least 4.17 (")
    lucky = replace(confirmation, winner=confirmation.candidates[1])
    winner, reference = confirmation_lines(lucky)
    assert "The study promised 20.0 s, 37.0 s less." in winner
    # 100 s against a mean of 57 s, in which a seed without success counts 100 s too: no bound on either side.
    assert reference.startswith("The reference never takes 1.75 (")
    assert reference.endswith(") times as long, counting 100 s for each run that did not reach the target.")


def test_what_keeps_a_confirmation_from_counting_is_told(confirmation):
    halfway = replace(confirmation, winner=None, finished=False, outdated="task.num_envs: 4 before, 8 now")
    assert confirmation_lines(halfway) == [
        "WARNING: this no longer belongs to the study: task.num_envs: 4 before, 8 now.",
        "Not finished, so there is no winner yet; `tuner confirm` continues it.",
    ]
    assert confirmation_lines(replace(confirmation, winner=None)) == [
        "No winner: no candidate reached 10 on any fresh seed."
    ]
    first = confirmation.candidates[0]
    crashed = replace(first, runs=(replace(first.runs[0], kind="crashed"), *first.runs[1:]))
    told = confirmation_lines(replace(confirmation, candidates=(crashed,)))
    assert told[0] == "Counted as not reached: trial 1 crashed on seed 1."
    shared = replace(first, runs=(replace(first.runs[0], contended=True), *first.runs[1:]))
    told = confirmation_lines(replace(confirmation, candidates=(shared,)))
    assert told[0] == "1 of 5 runs shared its CPUs with other work; seconds of such runs do not compare."


def test_the_winners_configuration_is_printed(confirmation):
    lines = text(lambda out: print_confirmation(out, confirmation))
    assert "learning_rate 0.4" in lines[lines.index("Confirmed configuration") :]


def test_the_configuration_can_be_left_out(confirmation):
    lines = text(lambda out: print_confirmation(out, confirmation, agent=False))
    assert "Confirmed on fresh seeds" in lines
    assert "Confirmed configuration" not in lines


def test_milestones_are_a_table_of_their_own(confirmation):
    first, second, *_ = confirmation.candidates
    times = MilestoneTimes(5.0, "5", (12.5, None), Estimated(56.25, 12.5, 100.0))
    never = MilestoneTimes(5.0, "5", (None, None), Estimated(100.0, 100.0, 100.0))
    watched = (replace(first, milestones=(times,)), replace(second, milestones=(never,)))
    lines = text(lambda out: print_confirmation(out, replace(confirmation, candidates=watched), agent=False))
    assert "trial 1 5 1 of 2 56.2 (12.5 … 100.0) s 12.5, —" in lines
    assert "trial 0 5 0 of 2 > 100.0 s —, —" in lines
    assert not any("milestone" in line for line in text(lambda out: print_confirmation(out, confirmation)))
