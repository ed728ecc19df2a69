"""docs/search-spaces.md tells of every bundled space, warm start and method, and its example works."""

import optuna

from tests.docs.pages import fenced, page, rows
from tuner.config import TaskConfig
from tuner.spaces import SpaceTrial, bundled_spaces, load_space

PAGE = page("search-spaces.md")
TASK = TaskConfig(id="Velocity-Flat-A1", num_envs=256)


def test_every_bundled_space_has_a_row():
    assert {f"`{name}`" for name in bundled_spaces()} <= {row[0] for row in rows(PAGE)}


def test_every_warm_start_has_a_row_with_its_space():
    told, space = {}, ""
    for row in rows(PAGE):
        space = row[0].strip("`") or space
        if len(row) == 3 and row[1].startswith("`"):
            told.setdefault(space, set()).add(row[1].strip("`"))
    sac = told["sac_speed"]
    expected = {**told, "sac_bounds": sac, "tqc_speed": {"sbx_default", "raffin_part2", "held_noise"}}
    assert {name: set(load_space(name).warm_starts) for name in bundled_spaces()} == expected


def test_every_method_of_a_trial_has_a_row():
    methods = {name for name in vars(SpaceTrial) if name.startswith("suggest_")}
    told = {row[0].strip("`").partition("(")[0] for row in rows(PAGE)}
    assert methods <= told


def test_the_example_is_a_search_space_whose_warm_start_fits(tmp_path):
    (code,) = fenced(PAGE, "python")
    (tmp_path / "my_space.py").write_text(code)
    space = load_space(f"{tmp_path}/my_space.py:small_sac")
    parameters = space.warm_starts["careful"](TASK)
    assert set(parameters) == set(space.distributions(TASK))
    agent = space.configure(optuna.trial.FixedTrial(parameters), TASK)
    assert agent.arguments["batch_size"] == 256
    assert agent.arguments["gamma"] == 0.98
    assert agent.action_bound_fraction == 0.03
