"""A task behind a server, as an environment."""

import numpy as np
import pytest

from tests.simulators.server.servers import QUICK
from tuner.config import TaskConfig
from tuner.errors import TunerError, UserError
from tuner.simulators.server import CannotReopenError, Client, ServedEnv, SimulatorLostError
from tuner.tracebacks import failure_details


def test_arrays_cross_both_ways(servers):
    env = servers.open(robots=3)
    env.seed(5)
    places = np.random.default_rng(5).uniform(-1, 1, 3).astype(np.float32)
    np.testing.assert_array_equal(env.reset(), places[:, None])
    actions = np.array([[0.5], [0.25], [20.0]], np.float32)
    observations, rewards, dones, infos = env.step(actions)
    moved = places + actions[:, 0]
    # The third robot is beyond 10: it failed, and its new episode begins at 0.
    np.testing.assert_array_equal(observations[:, 0], [moved[0], moved[1], 0.0])
    np.testing.assert_array_equal(rewards, -np.abs(moved))
    assert dones.tolist() == [False, False, True]
    assert infos[2]["terminal_observation"] == moved[2]
    assert infos[2]["TimeLimit.truncated"] is False
    assert infos[:2] == [{}, {}]


def test_metrics_cross_by_name(servers):
    env = servers.open(robots=3)
    assert list(env.metrics) == ["distance"]
    assert np.isnan(env.metrics["distance"]).all()
    places = env.reset()[:, 0]
    for action in (0.5, 0.25, 0.125):
        env.step(np.full((3, 1), action, np.float32))
    np.testing.assert_allclose(env.metrics["distance"], np.abs(places + 0.875), rtol=1e-6)


def test_what_the_task_says_of_itself(servers):
    env = servers.open()
    assert (env.action_space.low.tolist(), env.action_space.high.tolist()) == ([-1.0], [np.inf])
    assert env.max_episode_steps == 100
    assert np.isnan(env.control_period_seconds)
    assert env.provenance == {"versions": {"line": "1.0"}}
    assert env.joint_targets is None


def test_a_step_under_way_does_not_keep_its_caller(servers):
    env = servers.open(stepping="hangs", at=1)
    env.reset()
    env.step_async(np.zeros((3, 1), np.float32))  # returns at once; waiting for it would take an hour
    env.close()


def test_the_task_stays_open_for_the_next_client(servers):
    process = servers.start()
    first = servers.open(process=process, at=1000)
    first.reset()
    first._client.close()
    opened = process.log.file.read_text().count("Kit prints")
    servers.open(process=process, at=1000).reset()
    assert process.log.file.read_text().count("Kit prints") == opened == 1


def test_another_task_replaces_the_one_that_is_open(servers):
    process = servers.start()
    servers.open(robots=3, process=process)._client.close()
    assert servers.open(robots=5, process=process).reset().shape == (5, 1)


def test_an_engine_that_opens_one_task_in_its_life_says_so(servers):
    process = servers.start()
    servers.open(robots=3, process=process, reopens=False)._client.close()
    servers.open(robots=3, process=process, reopens=False)._client.close()
    with pytest.raises(CannotReopenError, match="line needs a fresh process to open Line"):
        servers.open(robots=5, process=process, reopens=False)


def test_a_task_that_does_not_restart_is_opened_anew_for_each_client(servers):
    process = servers.start()
    first = servers.open(process=process, restarts=False)
    assert not first.restarts
    first._client.close()
    servers.open(process=process, restarts=False)._client.close()
    assert process.log.file.read_text().count("Kit prints") == 2


def test_a_task_that_does_not_restart_takes_a_fresh_process_where_only_one_can_be_opened(servers):
    process = servers.start()
    servers.open(process=process, restarts=False, reopens=False)._client.close()
    with pytest.raises(CannotReopenError, match="line needs a fresh process to open Line"):
        servers.open(process=process, restarts=False, reopens=False)


def test_the_users_mistakes_come_back_as_such(servers):
    process = servers.start()
    client = Client(process.connect(), process.log)
    with pytest.raises(UserError, match=r"There is no task 'Lime'\. Known: Line"):
        ServedEnv(TaskConfig(id="Lime", simulator="line", num_envs=1), client, seed=0, threads=1)
    assert process.alive


def test_a_module_that_is_not_installed_there_is_the_users_mistake(servers):
    with pytest.raises(
        UserError, match=r"cannot import what the simulator needs: No module named 'no_such_engine'\. In"
    ):
        servers.open(opening="lacks a module")


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("dies", "The simulator's process ended; its log is .*ended by signal 9, Killed; .*memory runs out"),
        ("segfaults", "The simulator's process ended; its log is .*line_backend.py.*ended by signal 11"),
        ("exits 0", "The simulator's process ended; its log is"),
        ("raises", "The simulator's process failed: ZeroDivisionError: division by zero; its log is"),
        ("holds the lock", "The simulator's process has been silent for 3 s"),
    ],
)
@pytest.mark.parametrize("when", ["opening", "stepping"])
def test_every_way_to_fail_is_one_error_with_the_log(servers, fault, message, when):
    with pytest.raises(SimulatorLostError, match=f"(?s){message}"):
        servers.open(**{when: fault}).step(np.zeros((3, 1), np.float32))


def test_a_failure_has_the_simulators_own_traceback(servers):
    with pytest.raises(SimulatorLostError) as lost:
        servers.open(stepping="raises").step(np.zeros((3, 1), np.float32))
    details = failure_details(lost.value)
    assert "line_backend.py" in details["user_frame"]
    assert "ZeroDivisionError: division by zero" in details["traceback"]


def test_an_engine_that_holds_the_lock_while_it_works_is_alive(servers):
    assert servers.open(opening="works on with the lock").reset().shape == (3, 1)  # 4 s, of which 3 may be silent


@pytest.mark.parametrize("fault", [{"opening": "takes 6 s"}, {"stepping": "takes 6 s"}])
def test_a_client_that_waits_for_a_dead_one_hears_what_the_simulator_does(servers, fault):
    process = servers.start()
    first = Client(process.connect(), process.log)
    task = TaskConfig(id="Line", simulator="line", num_envs=3, options=fault)
    opening = {"task": task.model_dump(mode="json"), "seed": 0, "threads": 1}
    if "opening" in fault:
        first.send("open", **opening)
    else:
        ServedEnv(task, first, seed=0, threads=1).step_async(np.zeros((3, 1), np.float32))
    first.close()
    heard = []
    waiting = Client(process.connect(), process.log, deadlines=QUICK)  # may hear nothing for 3 s
    ServedEnv(task, waiting, seed=0, threads=1, say=heard.append)
    assert any(text.endswith(" for an earlier client") for text in heard)


def test_a_client_that_waits_is_told_when_the_server_ends(servers):
    process = servers.start()
    served = servers.open(process=process)  # kept, as the other one would be served otherwise
    waiting = Client(process.connect(), process.log)
    waiting.send("ping")
    process.ask_to_end()
    with pytest.raises(SimulatorLostError, match="The simulator's process ended"):
        waiting.receive(20.0)
    served.close()


def test_a_closed_environment_says_so(servers):
    env = servers.open()
    env._client.close()
    with pytest.raises(TunerError, match="The connection to the simulator is closed"):
        env.reset()
    env.close()
    env.close()
