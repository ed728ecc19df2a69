"""What options take: durations, counts, and options that go together."""

import json
from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from tuner.cli.options import (
    Duration,
    Workers,
    check_partner,
    count_option,
    duration_option,
    parse_count,
    parse_duration,
    parse_workers,
)
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
    with pytest.raises(UserError, match=f"'{text}' is not a length of time to run for. It must be more than zero"):
        parse_duration(text)


@pytest.mark.parametrize("text", ["", "0", "-1", "many", "1.5", "²", "٣"])
def test_what_is_no_count_is_refused(text):
    assert parse_count("12") == 12
    with pytest.raises(UserError, match=f"'{text}' was given, but it must be a whole number above zero"):
        parse_count(text)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("8", {"count": 8}),
        ("ray", {"kind": "ray"}),
        ("ray://head:10001", {"kind": "ray", "address": "ray://head:10001"}),
    ],
)
def test_workers(text, values):
    assert parse_workers(text) == Workers(text)
    assert parse_workers(text).values == values
    assert str(parse_workers(text)) == text


@pytest.mark.parametrize("text", ["0", "many", "rays", "http://head:10001", ""])
def test_what_are_no_workers(text):
    with pytest.raises(UserError, match="a whole number above zero, ray, or the address of a Ray cluster as ray://"):
        parse_workers(text)


@pytest.mark.parametrize(("value", "given"), [(None, False), (None, True), (0, True), ("x", True)])
def test_an_option_with_its_partner_or_left_out_passes(value, given):
    check_partner("--seconds", value, "--pretrain", given=given)


@pytest.mark.parametrize("value", [0, "x", 1.5])
def test_an_option_without_its_partner_is_refused(value):
    with pytest.raises(UserError, match=r"--seconds goes with --pretrain only\. Leave it out\."):
        check_partner("--seconds", value, "--pretrain", given=False)


def test_a_duration_is_its_seconds_and_remembers_how_it_was_written():
    duration = Duration("1h30m")
    assert duration == 5400.0
    assert duration.text == "1h30m"
    assert json.dumps(duration) == "5400.0", "so that it can stand in for the number anywhere"
    with pytest.raises(UserError, match="'soon' is not a duration"):
        Duration("soon")


def given(*arguments):
    """Run a command that has one option of each kind; return its exit code or error, and what it was given."""
    seen = []
    command = typer.Typer()

    @command.command()
    def main(
        steps: Annotated[int, count_option("--steps", "Steps.")] = 500,
        threads: Annotated[int | None, count_option("--threads", "Threads.")] = None,
        seconds: Annotated[Duration | None, duration_option("--seconds", "Seconds.")] = None,
    ) -> None:
        seen.append((steps, threads, seconds and (seconds, seconds.text)))

    shown = CliRunner().invoke(command, list(arguments))
    return shown.exception or shown.exit_code, seen


def test_options_have_their_defaults_and_what_is_given():
    assert given() == (0, [(500, None, None)])
    assert given("--steps", "7", "--threads", "2", "--seconds", "2m") == (0, [(7, 2, (120.0, "2m"))])


@pytest.mark.parametrize("option", ["--steps", "--threads", "--seconds"])
def test_what_an_option_cannot_take_is_an_error_that_names_it(option):
    error, seen = given(option, "-1")
    assert isinstance(error, UserError)
    assert str(error).startswith(f"{option}: '-1' ")
    assert seen == []
