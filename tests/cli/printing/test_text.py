import pytest

from tuner.cli.printing.text import duration_text, number_text, one_line, parameter_text, printable, sparkline


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00"), (7.4, "0:07"), (192, "3:12"), (3725, "1:02:05"), (59.6, "1:00"), (-3, "0:00")]
)
def test_durations_are_written(seconds, text):
    assert duration_text(seconds) == text


def test_numbers_are_written():
    assert number_text(1234.567) == "1,234.57"
    assert number_text(21340.4, 0) == "21,340"
    assert number_text(None) == "—"
    assert number_text(float("nan")) == "—"


def test_parameters_are_written():
    assert parameter_text(0.000447123) == "0.0004471"
    assert parameter_text(True) == "True"
    assert parameter_text(512) == "512"
    assert parameter_text("elu") == "elu"


def test_control_characters_are_shown_and_not_obeyed():
    assert printable("\x1b[31mred\x07\r\ud800 é\n\ttab [bold]") == "\\x1b[31mred\\x07\\r\\ud800 é\n\ttab [bold]"


def test_a_message_fits_into_a_line():
    assert one_line("it broke") == "it broke"
    assert one_line("it broke\nhere") == "it broke …"
    assert one_line("x" * 300) == "x" * 198 + " …"
    assert one_line("\x1b\n") == "\\x1b"


def test_a_sparkline_spans_the_curve():
    # Eight levels over [0, 7]: value v falls into block floor(v / 7 · 8), the top one into the last.
    # 0 → 0, 3.5 → 4, 7 → 8 → capped at 7.
    assert sparkline([0.0, 3.5, 7.0], width=10) == "▁▅█"


def test_a_sparkline_keeps_gaps_and_scales_to_given_ends():
    assert sparkline([None, 0.0, float("nan"), 5.0], width=10, low=0.0, high=10.0) == " ▁ ▅"
    assert sparkline([None, None], width=10) == "  "
    assert sparkline([2.0, 2.0], width=10) == "▁▁"
    assert sparkline([], width=10) == ""


def test_a_long_curve_is_thinned_to_the_width_and_keeps_its_last_value():
    # Eight values on four characters: the last of each pair, 1, 3, 5, 7 over the scale [0, 7].
    # 1/7·8 = 1.1 → 1, 3/7·8 = 3.4 → 3, 5/7·8 = 5.7 → 5, 7 → 7.
    assert sparkline([float(v) for v in range(8)], width=4, low=0.0) == "▂▄▆█"
