"""The page on troubleshooting tells of every outcome, exit code and environment variable; another of the accounts."""

import re

from tests.docs.pages import ROOT, page, rows
from tuner.cli.options import INTERRUPTED, NOT_FINE
from tuner.clock import ACCOUNTS, TRAINING_ACCOUNTS
from tuner.errors import TunerError, UserError
from tuner.records import OutcomeKind

PAGE = page("troubleshooting.md")


def test_every_outcome_has_a_row():
    assert {f"`{kind.value}`" for kind in OutcomeKind} <= {row[0] for row in rows(PAGE)}


def test_every_account_has_a_row_that_says_whether_it_is_on_the_clock():
    told = {row[0].strip("`"): row[1] for row in rows(page("how-it-works.md")) if len(row) == 3}
    assert {name: told[name] for name in ACCOUNTS} == {
        name: "yes" if name in TRAINING_ACCOUNTS else "no" for name in ACCOUNTS
    }


def test_the_exit_codes_are_these():
    codes = {row[0] for row in rows(PAGE.partition("## Exit codes")[2]) if row[0].isdigit()}
    assert codes == {"0", str(TunerError.exit_code), str(UserError.exit_code), str(NOT_FINE), str(INTERRUPTED)}


def test_every_environment_variable_of_ours_is_there():
    sources = "".join(file.read_text(encoding="utf-8") for file in (ROOT / "tuner").rglob("*.py"))
    ours = set(re.findall(r"\bTUNER_[A-Z_]+\b", sources))
    assert ours
    assert ours <= {name for row in rows(PAGE) for name in re.findall(r"`(\w+)`", row[0])}
