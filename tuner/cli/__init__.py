"""The command `tuner`. Each command is one file in `commands`, which is imported when that command is used."""

import os
import sys
import traceback

from tuner.passwords import mask_passwords
from tuner.tracebacks import described, failure_details, with_frame

__all__ = ["main"]


def main() -> None:
    """Run the command line and exit with its code."""
    # Imported here, so that importing one module of this package does not load the command line with it.
    from tuner.cli.app import app
    from tuner.cli.printing.output import discard_output
    from tuner.cli.printing.text import printable

    try:
        app()
    except Exception as error:
        if isinstance(error, OSError) and not os.environ.get("TUNER_DEBUG"):
            # An error of the output. Errors of commands are handled in `tuner.cli.app`.
            discard_output(sys.stdout)
            sys.exit(f"Error: The output could not be written: {error.strerror or error}.")
        frame = failure_details(error).get("user_frame")
        if frame is not None and not os.environ.get("TUNER_DEBUG"):  # an environment of the user's own, most likely
            told = f"Error: {with_frame(described(error), frame)}\nTUNER_DEBUG=1 shows the whole traceback."
            sys.exit(printable(mask_passwords(told)))
        sys.exit(mask_passwords(traceback.format_exc().rstrip()))
