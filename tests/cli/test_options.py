"""What options take: durations, counts, and options that go together."""

import pytest

from tuner.cli.options import check_partner, parse_count, parse_duration
from tuner.errors import UserError


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90", 90.0),
        ("90s", 90.0),
        ("30m", 1800.0),
        ("1h30m", 5400.0),  # 3600 + 1800
        ("1h", 3600.0),
        ("1h0m5s", 3605.0),
        ("1h30", 3630.0),  # a bare number is seconds
        ("0.5m", 30.0),
        ("2M", 120.0),  # capitals mean the same
    ],
)
def test_durations_are_read(text, seconds):
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "-5", "soon", "30x", "m", "inf", "1e3", "30m1h", "9" * 400])
def test_what_is_no_duration_is_refused(text):
    with pytest.raises(UserError, match="is not a duration"):
        parse_duration(text)


@pytest.mark.parametrize("text", ["0", "0m"])
def test_no_time_at_all_is_refused(text):
    with pytest.raises(UserError, match=f"'{text}' is no length of time to run for. It must be more than zero"):
        parse_duration(text)


@pytest.mark.parametrize("text", ["", "0", "-1", "many", "1.5", "²", "٣"])
def test_what_is_no_count_is_refused(text):
    assert parse_count("12") == 12
    with pytest.raises(UserError, match=f"'{text}' was given .* whole number, more than zero"):
        parse_count(text)


@pytest.mark.parametrize(("value", "given"), [(None, False), (None, True), (0, True), ("x", True)])
def test_an_option_with_its_partner_or_left_out_passes(value, given):
    check_partner("--seconds", value, "--pretrain", given=given)


@pytest.mark.parametrize("value", [0, "x", 1.5])
def test_an_option_without_its_partner_is_refused(value):
    with pytest.raises(UserError, match=r"--seconds goes with --pretrain only\. Leave it out\."):
        check_partner("--seconds", value, "--pretrain", given=False)
