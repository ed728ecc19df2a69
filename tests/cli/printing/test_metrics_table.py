from rich.console import Console

from tuner.cli.printing.metrics_table import metrics_table


def printed(metrics):
    out = Console(width=60, color_system=None)
    with out.capture() as text:
        out.print(metrics_table(metrics))
    return [line.strip() for line in text.get().splitlines()]


def test_a_row_for_each_metric_in_their_order():
    found = printed({"speed_share": 0.123456, "Episode_Reward/dof_acc_l2": -12345.678})
    assert [line.split() for line in found] == [["speed_share", "0.1235"], ["Episode_Reward/dof_acc_l2", "-1.235e+04"]]


def test_names_are_printed_as_they_are_written():
    assert printed({"[red]speed\x1b[2J": 1.0}) == [r"[red]speed\x1b[2J  1"]
