"""What `tuner reprice` prints; the command's own test has the whole of it."""

import io

from rich.console import Console

from tuner.analysis import Repriced, Repricing
from tuner.cli.printing.reprice_table import calibration_text, contention_text, print_repricing
from tuner.records import Calibration, Device

HERE = Calibration(Device("Old CPU", 2), 12345.0, 67.0)


def repriced(number, rank, new_rank, device):
    return Repriced(number, None, device, rank, 20.0, new_rank, 4.6, 1000, 400, 0.0002, 0.005)


def printed(*trials, **left_out):
    out = Console(width=160, color_system=None, file=io.StringIO(), record=True)
    print_repricing(out, Repricing("toy", 10.0, HERE, trials, left_out), None)
    return out.export_text()


def test_prices_are_in_small_units():
    rows = [line.split() for line in printed(repriced(3, 2, 1, "A")).splitlines()]
    assert ["1", "2", "3", "20.0", "s", "4.6", "s", "1,000", "400", "200.0", "5.00"] in rows


def test_what_it_ran_on_is_told_if_that_differs():
    assert "measured on" not in printed(repriced(0, 1, 1, "A"), repriced(1, 2, 2, "A"))
    assert "measured on" in printed(repriced(0, 1, 1, "A"), repriced(1, 2, 2, "B"))


def test_what_was_left_out():
    assert "Left out: 2 pruned." in printed(repriced(0, 1, 1, "A"), pruned=2)
    assert "Left out" not in printed(repriced(0, 1, 1, "A"))


def test_a_calibration_in_words():
    assert calibration_text(HERE).startswith("Old CPU, 2 threads, no BF16: 12")
    assert contention_text(HERE) is None
    assert "WARNING" in (contention_text(Calibration(HERE.device, contended=True)) or "")
