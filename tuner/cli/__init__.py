"""The command `tuner`. Each command is one file in `commands`, which is imported when that command is used."""

import os
import sys
import traceback

__all__ = ["main"]


def main() -> None:
    """Run the command line and exit with its code."""
    # Late, so that importing one module of this package does not load the command line with it.
    from tuner.cli.app import app
    from tuner.cli.printing.output import discard_output
    from tuner.passwords import mask_passwords

    try:
        app()
    except Exception as error:
        if isinstance(error, OSError) and not os.environ.get("TUNER_DEBUG"):
            # Of the output. What commands themselves fail with is handled where they are invoked.
            discard_output(sys.stdout)
            sys.exit(f"Error: The output could not be written: {error.strerror or error}.")
        sys.exit(mask_passwords(traceback.format_exc().rstrip()))
