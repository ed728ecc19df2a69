"""Processes that tests look for, and kill."""

from contextlib import suppress

import psutil


def below(ancestor: psutil.Process, word: str) -> list[psutil.Process]:
    """Return the processes below one whose command has a word; those that are ending are left out."""
    found = []
    for process in ancestor.children(recursive=True):
        with suppress(psutil.Error):
            if word in " ".join(process.cmdline()):
                found.append(process)
    return found
