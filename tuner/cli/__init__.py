"""The command `tuner`. Importing this package loads nothing heavy; each command imports what it needs when it runs."""

__all__ = ["main"]


def main() -> None:
    """Run the command line and exit with its code."""
    from tuner.cli._app import app

    app()
