"""What a run's user must be told though it does not stop the run."""

import io
import warnings

import optuna
import pytest
from rich.console import Console

from tuner.cli.printing.warnings import (
    print_sharing,
    print_warnings,
    quiet_optuna,
    warning_line,
    warning_of,
    warnings_data,
    warnings_of,
)
from tuner.config import WorkersConfig
from tuner.records import Outcome, OutcomeKind
from tuner.storage import attributes
from tuner.workers import LocalPool

LOST = Outcome(OutcomeKind.EXHAUSTED, details={"warning": "the policy could not be written"})
WHOLE = Outcome(OutcomeKind.EXHAUSTED)


def console():
    return Console(width=400, color_system=None, file=io.StringIO(), record=True)


def test_an_outcome_carries_what_could_not_be_written():
    assert warning_of(LOST) == "the policy could not be written"
    assert warning_of(WHOLE) is None


def test_a_study_keeps_the_warnings_of_its_trials():
    study = optuna.create_study(study_name="a")
    for record in (WHOLE, LOST):
        trial = study.ask()
        trial.set_user_attr(attributes.RECORD, record.to_json())
        study.tell(trial, 1.0)
    study.ask()  # a running trial has no outcome yet
    assert warnings_of(study) == {1: "the policy could not be written"}
    assert warnings_data(warnings_of(study)) == [{"trial": 1, "warning": "the policy could not be written"}]


def test_each_warning_is_a_line_with_one_full_stop():
    assert warning_line(4, "no space left.") == "WARNING: trial 4: no space left."
    out = console()
    print_warnings(out, {4: "the policy could not be written to [x]: No space left", 7: "gone"})
    assert out.export_text() == (
        "WARNING: trial 4: the policy could not be written to [x]: No space left.\nWARNING: trial 7: gone.\n"
    )


@pytest.mark.parametrize("count", [1, 5000])
def test_workers_that_share_cpus_are_warned_of(tmp_path, count):
    out, workers = console(), WorkersConfig(count=count, threads=1)
    with LocalPool(workers, log_dir=tmp_path) as pool:
        print_sharing(out, pool, workers)
    shown = out.export_text()
    expected = count > 1  # no machine has 5000 CPUs
    assert ("5000 workers of 1 threads share the CPUs of this machine" in shown) is expected
    assert bool(shown) is expected


def test_more_threads_than_cpus_are_warned_of(tmp_path):
    out, workers = console(), WorkersConfig(threads=10_000)
    with LocalPool(workers, log_dir=tmp_path) as pool:
        print_sharing(out, pool, workers)
        expected = (
            f"only {pool.cpu_count} CPU{'s' * (pool.cpu_count > 1)} to run on, so each worker uses {pool.cpu_count}."
        )
    shown = out.export_text()
    assert shown.startswith("WARNING: workers.threads is 10000, but this machine, or its container's quota, has")
    assert expected in shown
    assert "share the CPUs" not in shown


def test_optuna_neither_reports_nor_warns():
    before = optuna.logging.get_verbosity()
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            quiet_optuna()
            warnings.warn("new", optuna.exceptions.ExperimentalWarning, stacklevel=1)
            warnings.warn("old", DeprecationWarning, stacklevel=1)
        assert [str(warning.message) for warning in caught] == ["old"]
        assert optuna.logging.get_verbosity() == optuna.logging.WARNING
    finally:
        optuna.logging.set_verbosity(before)
