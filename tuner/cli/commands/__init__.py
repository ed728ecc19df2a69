"""One file for each command, named as the command is typed. `tuner.cli.app` imports only the one that is run."""
