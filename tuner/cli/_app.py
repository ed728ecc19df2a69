"""The commands under one roof, and what happens when one of them fails."""

import os
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from tuner.cli import (
    _actions,
    _audit,
    _bounds,
    _confirm,
    _dashboard,
    _evaluate,
    _export,
    _init,
    _plot,
    _report_page,
    _run,
    _show,
    _spaces,
    _studies,
    _tasks,
    _train,
)
from tuner.cli._conventions import INTERRUPTED
from tuner.errors import TunerError


class Commands(TyperGroup):
    """The group of all commands; turns every failure into one message on stderr and an exit code.

    Exit code 1 says that a study or a training failed, 2 that the user made a mistake. With TUNER_DEBUG=1 in the
    environment, tracebacks are shown instead.
    """

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was named."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise typer.Exit(INTERRUPTED) from None
        except (TunerError, OSError) as error:
            if os.environ.get("TUNER_DEBUG") or isinstance(error, BrokenPipeError):
                raise
            typer.echo(f"Error: {error}", err=True)
            raise typer.Exit(error.exit_code if isinstance(error, TunerError) else 1) from None


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
        from tuner import __version__

        typer.echo(f"tuner {__version__}")
        raise typer.Exit


@app.callback()
def tuner(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Find the SAC, TQC or PPO configuration that reaches a given return in the least wall-clock time."""


app.command("audit", epilog="Example: tuner audit --box -100 100 --dims 12 --scale 0.25")(_audit.audit)
app.command("run", epilog="Example: tuner run quickstart --set budget.trials=20 --timeout 10m")(_run.run)
app.command("confirm", epilog="Example: tuner confirm quickstart --top 3 --seeds 5 --reference sbx_default")(
    _confirm.confirm
)
app.command("export", epilog="Example: tuner export quickstart --format sbx -o cartpole_sac.py")(_export.export)
app.command("train", epilog="Example: tuner train cartpole.json --seconds 2m --seed 1 -o runs/cartpole")(_train.train)
app.command("evaluate", epilog="Example: tuner evaluate runs/cartpole --episodes 200 --video cartpole.mp4")(
    _evaluate.evaluate
)
app.command("show", epilog="Example: tuner show quickstart --csv > trials.csv")(_show.show)
app.command("dashboard", epilog="Example: tuner dashboard quickstart --port 8081")(_dashboard.dashboard)
app.command("report", epilog="Example: tuner report quickstart -o report.html --png slides")(_report_page.report)
app.command("tasks", epilog="Example: tuner tasks --simulator mujoco")(_tasks.tasks)
app.command("spaces", epilog="Example: tuner spaces")(_spaces.spaces)
app.command("studies", epilog="Example: tuner studies")(_studies.studies)
app.command("init", epilog="Example: tuner init my_robot")(_init.init)
app.add_typer(_plot.plot, name="plot", epilog="Example: tuner plot initial Velocity-Flat-A1 -o initial.html")
app.command("actions", epilog="Example: tuner actions runs/quickstart/trial-0003 -o actions.npz")(_actions.actions)
app.command("bounds", epilog="Example: tuner bounds Velocity-Flat-A1 --pretrain ppo --seconds 5m -o a1_bounds.yaml")(
    _bounds.bounds
)
