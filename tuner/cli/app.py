"""The group of all commands, and what happens when one of them fails.

A command's file is imported when that command is used. `tuner --help` and completion need only `COMMANDS`.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from tuner import __version__
from tuner.cli.options import INTERRUPTED
from tuner.cli.printing.text import printable
from tuner.errors import TunerError
from tuner.passwords import mask_passwords


@dataclass(frozen=True)
class Entry:
    """What is known of a command before its file is imported."""

    summary: str
    """The first paragraph of its help."""
    example: str
    """A command line that works."""


COMMANDS = {
    "audit": Entry(
        "Say whether SAC can learn in an action box: fine, wide or hopeless, why, and what to do.",
        "tuner audit --box -100 100 --dims 12 --scale 0.25",
    ),
    "run": Entry(
        "Run a study, or continue one that was stopped.",
        "tuner run quickstart --set budget.trials=40 --timeout 10m",
    ),
    "confirm": Entry(
        "Retrain the best configurations of a study on fresh seeds, and name the one that wins there.",
        "tuner confirm quickstart --top 3 --seeds 5 --reference sbx_default",
    ),
    "enqueue": Entry(
        "Queue one configuration in a study: from a file, a warm start, or values in SBX's names.",
        "tuner enqueue quickstart held_noise --set gamma=0.98 --set batch_size=256",
    ),
    "replay": Entry(
        "Compare pruners on recorded trials, in simulated time.",
        "tuner replay quickstart --arm ours=time_to_return --arm late=warmup=0.6 --arm halving=successive_halving",
    ),
    "export": Entry(
        "Write a study's configuration to a file, for the tool that will train it, or its trained policy.",
        "tuner export quickstart --format sbx -o cartpole_sac.py",
    ),
    "train": Entry(
        "Train the exported configuration, and save the policy with its normalisation.",
        "tuner train cartpole.json --seconds 2m --seed 1 -o runs/cartpole",
    ),
    "evaluate": Entry(
        "Evaluate a trained policy on the task that it was trained on.",
        "tuner evaluate runs/cartpole --episodes 200 --video cartpole.mp4",
    ),
    "show": Entry(
        "Show the trials of a study and what it found.",
        "tuner show quickstart --csv > trials.csv",
    ),
    "reprice": Entry(
        "Rank a study's trials for another machine, from their recorded steps and updates.",
        "tuner reprice quickstart --on this --threads 4",
    ),
    "dashboard": Entry(
        "Show studies in a browser: curves, notes, parameters, while they run and after.",
        "tuner dashboard quickstart --port 8081",
    ),
    "report": Entry(
        "Write a study as one page: what won, how the search went, where the seconds went, and its origin.",
        "tuner report quickstart -o report.html --png slides",
    ),
    "tasks": Entry(
        "List the tasks that each simulator offers.",
        "tuner tasks --simulator mujoco",
    ),
    "spaces": Entry(
        "List the bundled search spaces, with the configurations that each can try first.",
        "tuner spaces",
    ),
    "studies": Entry(
        "List the bundled studies; each can be given to [bold]tuner run[/bold] by its name.",
        "tuner studies",
    ),
    "doctor": Entry(
        "Check that this machine can train: packages, devices, and that a simulator starts and steps.",
        "tuner doctor --simulator mujoco --num-envs 256",
    ),
    "init": Entry(
        "Copy the bundled search spaces and studies into DIR, to edit them.",
        "tuner init my_robot",
    ),
    "plot": Entry(
        "Draw what an action box does to learning: first actions, trained actions, bounds, learning curves.",
        "tuner plot initial Velocity-Flat-A1 -o initial.html",
    ),
    "actions": Entry(
        "Record the actions of a policy on its task, and print their statistics.",
        "tuner actions runs/quickstart/trial-0003 -o actions.npz",
    ),
    "bounds": Entry(
        "Write a bounds file: action bounds for a study's agents, instead of the task's own box.",
        "tuner bounds Velocity-Flat-A1 --pretrain ppo --seconds 5m -o a1_bounds.yaml",
    ),
}
"""Every command by its name, which is also the name of its file in `tuner/cli/commands/` and of the function there."""


def load_command(name: str) -> Any:
    """Import a command's file and return the command, with its options."""
    found = getattr(import_module(f"tuner.cli.commands.{name}"), name)
    epilog = f"Example: {COMMANDS[name].example}"
    if isinstance(found, typer.Typer):
        command: Any = typer.main.get_group(found)
        command.name, command.epilog = name, epilog
    else:
        alone = typer.Typer(add_completion=False, rich_markup_mode="rich")
        alone.command(name, epilog=epilog)(found)
        command = typer.main.get_command(alone)
    _tidy_help(command)
    return command


def _tidy_help(command: Any) -> None:
    """Let the paragraphs of the help fill the terminal's width, and remove the Python types beside names.

    Typer keeps the line breaks of the docstring, and writes `<bool>` beside every flag and `<str>` beside arguments.
    """
    command.help = "\n\n".join(" ".join(paragraph.split()) for paragraph in command.help.split("\n\n"))
    for parameter in (*command.params, command.get_help_option(typer.Context(command))):
        if parameter.param_type_name == "argument":
            parameter.display_type_rich = lambda ctx: ""
        elif parameter.is_flag:
            parameter.metavar = ""
    for inner in getattr(command, "commands", {}).values():
        _tidy_help(inner)


class Commands(TyperGroup):
    """The group of all commands; turns every failure into one message on stderr and an exit code.

    Exit code 1 says that a study or a training failed, 2 that the user made a mistake. With TUNER_DEBUG=1 in the
    environment, tracebacks are shown instead.
    """

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        for name, entry in COMMANDS.items():
            self.commands.setdefault(name, TyperCommand(name, help=entry.summary))

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return name, command and remaining arguments; the command's file is imported here."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, load_command(name) if name in COMMANDS else command, rest

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Print the help. It is tidied here because Typer adds the options for completion after `__init__`."""
        _tidy_help(self)
        super().format_help(ctx, formatter)

    def make_context(self, *arguments: Any, **options: Any) -> Any:
        """Parse the options that stand before the command."""
        with _masking():
            return super().make_context(*arguments, **options)

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was named."""
        try:
            with _masking():
                return super().invoke(ctx)
        except KeyboardInterrupt:
            raise typer.Exit(INTERRUPTED) from None
        except (TunerError, OSError) as error:
            if os.environ.get("TUNER_DEBUG") or isinstance(error, BrokenPipeError):
                raise
            typer.echo(f"Error: {printable(mask_passwords(str(error)))}", err=True)
            raise typer.Exit(error.exit_code if isinstance(error, TunerError) else 1) from None


@contextmanager
def _masking() -> Iterator[None]:
    """Mask the passwords in what Typer says of arguments that it cannot read: its errors have it as `message`."""
    try:
        yield
    except Exception as error:
        if isinstance(getattr(error, "message", None), str):
            error.message = mask_passwords(error.message)  # type: ignore[attr-defined]
        raise


app = typer.Typer(
    name="tuner",
    cls=Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    epilog="Start with: tuner run quickstart",
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"tuner {__version__}")
        raise typer.Exit


@app.callback()
def tuner(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Find the SAC, TQC or PPO configuration that reaches a given return in the least wall-clock time."""
