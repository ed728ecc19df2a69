"""One look for each outcome and each account, in all figures."""

from tuner.clock import ACCOUNTS, TRAINING_ACCOUNTS
from tuner.figures import ACCOUNT_COLOURS, OUTCOMES, RUNNING, account_words
from tuner.records import OutcomeKind


def test_every_outcome_has_a_look_and_so_has_a_trial_without_one():
    assert list(OUTCOMES)[-1] == RUNNING
    assert set(OUTCOMES) == {*(kind.value for kind in OutcomeKind), RUNNING}


def test_outcomes_are_told_apart_without_colour_too():
    assert len({look.symbol for look in OUTCOMES.values()}) == len(OUTCOMES)
    assert len({look.words for look in OUTCOMES.values()}) == len(OUTCOMES)


def test_outcomes_of_one_colour_differ_in_their_lines():
    looks = [(look.colour, look.dash) for look in OUTCOMES.values()]
    assert len(set(looks)) == len(looks)


def test_every_account_has_a_colour_of_its_own():
    assert list(ACCOUNT_COLOURS) == list(ACCOUNTS)
    assert len(set(ACCOUNT_COLOURS.values())) == len(ACCOUNTS)


def test_accounts_off_the_training_clock_say_so():
    assert account_words("learn") == "learn"
    assert account_words("compile") == "compile (off the clock)"
    assert {account for account in ACCOUNTS if account_words(account) == account} == set(TRAINING_ACCOUNTS)
