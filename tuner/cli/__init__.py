"""The command `tuner`. Importing this package loads nothing heavy; each command imports what it needs when it runs."""

import os
import sys

__all__ = ["main"]


def main() -> None:
    """Run the command line and exit with its code."""
    from tuner.cli.app import app

    try:
        app()
    except OSError as error:  # of the output: what commands themselves fail with is handled where they are invoked
        if os.environ.get("TUNER_DEBUG"):
            raise
        from tuner.cli.printing.output import discard_output

        discard_output(sys.stdout)
        sys.exit(f"Error: The output could not be written: {error.strerror or error}.")
