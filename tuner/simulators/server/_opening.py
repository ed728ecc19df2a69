"""Tasks opened in a server of their own, for commands that need no worker."""

from collections.abc import Callable

from tuner.config import TaskConfig
from tuner.errors import UserError
from tuner.simulators._contract import Simulator, TaskEnv
from tuner.simulators.server._client import Client
from tuner.simulators.server._env import ServedEnv
from tuner.simulators.server._interpreter import Server, default_log_file, server_for
from tuner.simulators.server._process import Deadlines, ServerLog, SimulatorLostError


def open_served(
    task: TaskConfig,
    server: Server,
    *,
    seed: int,
    threads: int,
    deadlines: Deadlines | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> ServedEnv:
    """Start a server and open a task in it; closing the environment ends the server.

    Args:
        task: what to open.
        server: what to start.
        seed: seeds the simulation.
        threads: CPU threads that stepping may use.
        deadlines: how long the simulator may take.
        say: gets, about once a second while the task opens, what the simulator is doing, with the end of its log.

    Raises:
        UserError: for a task or option that the simulator refuses.
        SimulatorLostError: if the server ends, falls silent or takes too long.
    """
    process = server.start(default_log_file(task.simulator))
    try:
        client = Client(process.connect(), process.log, deadlines=deadlines)
        telling = _with_last_words(process.log, say)
        return ServedEnv(task, client, seed=seed, threads=threads, process=process, say=telling)
    except BaseException as error:
        process.end(0.0)
        _discard_log(process.log, error)
        raise


class ServedSimulator(Simulator):
    """A simulator that always runs behind a server; subclasses name it."""

    def tasks(self, say: Callable[[str], None] = lambda _: None) -> list[str]:
        """Return the ids of the tasks that it can open, asked of the simulator itself: it starts one, in seconds.

        Args:
            say: as for `open_served`.

        Raises:
            UserError: if it is not known which interpreter has it, or it is not installed there.
            SimulatorLostError: if it does not start.
        """
        task = TaskConfig(id="any", simulator=self.name)
        process = _needed(task).start(default_log_file(self.name))
        try:
            client = Client(process.connect(), process.log)
            telling = _with_last_words(process.log, say)
            listed: list[str] = client.call("tasks", client.deadlines.launch, say=telling)["tasks"]
            client.close()
        except BaseException as error:
            process.end(0.0)
            _discard_log(process.log, error)
            raise
        process.end(Deadlines.close)
        _discard_log(process.log)
        return listed

    def open(self, task: TaskConfig, *, seed: int, threads: int) -> TaskEnv:
        """Open a task; see `open_served`."""
        return open_served(task, _needed(task), seed=seed, threads=threads)


def _with_last_words(log: ServerLog, say: Callable[[str], None]) -> Callable[[str], None]:
    return lambda doing: say(log.progress(doing))


def _discard_log(log: ServerLog, error: BaseException | None = None) -> None:
    """Remove the log of a server that has ended, unless an error is about it."""
    if not isinstance(error, SimulatorLostError):
        log.file.unlink(missing_ok=True)


def _needed(task: TaskConfig) -> Server:
    server = server_for(task)
    if server is None:
        raise UserError(f"The simulator '{task.simulator}' does not run in an interpreter of its own.")
    return server
