"""What went wrong in trials, as it is printed: their messages, and the lines of the user's own code."""

from collections.abc import Sequence
from textwrap import indent

from tuner.analysis import Failure
from tuner.cli.printing.text import printable
from tuner.records import OutcomeKind
from tuner.tracebacks import shortened, with_frame

_LONGEST = 1000
"""Characters of a message in the list of failures; `tuner show --trial` prints all of it."""
_LISTED = 8
"""Numbers of trials that are listed where many failed alike."""
_VERBS = {
    OutcomeKind.CRASHED: "crashed",
    OutcomeKind.HUNG: "hung",
    OutcomeKind.DIVERGED: "diverged",
    OutcomeKind.TOO_LARGE: "asked for too much memory",
    OutcomeKind.EXHAUSTED: "ended without a return",
}


def failure_text(failure: Failure) -> str:
    """Return which trials failed so, what the last of them said, and the user's own line that failed."""
    *others, last = failure.numbers
    listed = [f"{number}" for number in failure.numbers]
    if len(listed) > _LISTED:
        listed = [*listed[: _LISTED - 1], "…", str(last)]
    names = f"Trials {', '.join(listed)}" if others else f"Trial {last}"
    message = shortened(failure.message, _LONGEST) or "no reason was given"
    first, *rest = message.rstrip(".").splitlines()
    told = "\n".join([first, *(f"  {line}" for line in rest)])
    return printable(with_frame(f"{names} {_VERBS[failure.kind]}: {told}", failure.user_frame))


def last_failure_text(failures: Sequence[Failure], show: str) -> str:
    """Return how the newest failed trial ended and where in the user's code; its message has been printed before.

    Args:
        failures: of a study, at least one.
        show: the command that shows the study.
    """
    last, count = failures[-1], sum(len(failure.numbers) for failure in failures)
    number = last.numbers[-1]
    head = (
        f"Trial {number} {_VERBS[last.kind]}"
        if count == 1
        else (f"{count} trials failed, retries among them. The last one, trial {number}, {_VERBS[last.kind]}")
    )
    place = "." if last.user_frame is None else f":\n{indent(last.user_frame, '  ')}"
    return printable(f"{head}{place}\n`{show} --trial {number}` shows all that is known of it.")
