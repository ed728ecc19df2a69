"""The command `tuner`. Each command is one file in `commands`, which is imported when that command is used."""

import os
import sys

__all__ = ["main"]


def main() -> None:
    """Run the command line and exit with its code."""
    # Late, so that importing one module of this package does not load the command line with it.
    from tuner.cli.app import app
    from tuner.cli.printing.output import discard_output

    try:
        app()
    except OSError as error:  # of the output: what commands themselves fail with is handled where they are invoked
        if os.environ.get("TUNER_DEBUG"):
            raise
        discard_output(sys.stdout)
        sys.exit(f"Error: The output could not be written: {error.strerror or error}.")
