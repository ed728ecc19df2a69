"""One file for each command, named as it is typed; `tuner.cli.app` imports the one that is run."""
