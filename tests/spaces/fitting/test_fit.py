"""Configurations in SBX's names become parameters of a search space, and every value gets its remark."""

import json

import pytest

from tests.config.recipes.test_read import ENTRIES, HYPERPARAMETERS
from tuner.config import ActionBoundsFile, AgentConfig, BoundsTask, Network, TaskConfig
from tuner.config.recipes import Recipe, read_recipe, values_of
from tuner.errors import UserError
from tuner.spaces import SearchSpace, load_space
from tuner.spaces.fitting import fit_recipe

TASK = TaskConfig(id="Toy", num_envs=256)
KNOWN = {
    "learning_rate": 7.3e-4,
    "gamma": 0.98,
    "batch_size": 256,
    "gradient_steps": 8,
    "train_freq": 8,
    "tau": 0.02,
    "ent_coef": "auto_0.1",
    "policy_delay": 2,
    "policy_kwargs": {"net_arch": [64, 64], "activation_fn": "relu"},
}


def fit(values, space="sac_speed", fixed=None, **others):
    recipe = read_recipe({**values, **others}, name="mine")
    return fit_recipe(load_space(space), recipe, TASK, fixed=fixed or {})


def kinds(found):
    return {remark.name: remark.kind for remark in found.remarks}


def test_a_known_configuration_is_found_exactly():
    found = fit(KNOWN)
    assert set(kinds(found).values()) == {"kept"}
    chosen = {name: found.parameters[name] for name in ("one_minus_gamma", "log2_batch_size", "network_index")}
    assert chosen == {"one_minus_gamma": 0.02, "log2_batch_size": 8, "network_index": 0}
    assert {name: found.agent.arguments[name] for name in KNOWN if name != "policy_kwargs"} == pytest.approx(
        {name: value for name, value in KNOWN.items() if name != "policy_kwargs"}
    )
    # What it leaves out is as in SBX.
    assert (found.agent.arguments["n_steps"], found.agent.initial_std, found.agent.action_bound_fraction) == (1, 1, 1)
    assert json.dumps([remark.to_json() for remark in found.remarks])


def test_of_a_schedule_the_first_rate_is_kept():
    found = fit({"learning_rate": "lin_7.3e-4"})
    assert found.parameters["learning_rate"] == 7.3e-4
    assert kinds(found) == {"learning_rate": "outside"}

    def falling(trial):
        rate = trial.suggest_float("learning_rate", 1e-5, 1e-2, log=True)
        return AgentConfig(algorithm="sac", arguments={"learning_rate": f"lin_{rate!r}"})

    recipe = Recipe(name="mine", values={"learning_rate": "lin_7.3e-4"})
    found = fit_recipe(SearchSpace("mine", falling), recipe, TASK, fixed={})
    assert (found.parameters, kinds(found)) == ({"learning_rate": 7.3e-4}, {"learning_rate": "kept"})


def test_pinned_parameters_stay():
    found = fit({"gamma": 0.97, "batch_size": 512}, fixed={"one_minus_gamma": 0.01})
    assert kinds(found) == {"gamma": "pinned", "batch_size": "kept"}
    assert found.parameters["one_minus_gamma"] == 0.01


def test_parameters_of_the_space_are_taken_as_they_are():
    found = fit({"log2_batch_size": 9, "gamma": 0.98})
    assert found.parameters["log2_batch_size"] == 9
    assert kinds(found) == {"log2_batch_size": "kept", "gamma": "kept"}


@pytest.mark.parametrize(
    ("values", "space", "message"),
    [
        ({"gama": 0.9}, "sac_speed", r"Unknown parameter 'gama' in the configuration 'mine'. Did you mean 'gamma'\?"),
        ({"log2_batch_size": 18}, "sac_speed", "'log2_batch_size' in the configuration 'mine' is 18, but .* 7 to 13"),
        ({"gamma": "x"}, "sac_speed", "The sac argument 'gamma' is 'x' but must be"),
        ({"tau": 0.1}, "ppo_speed", "Unknown ppo argument 'tau'"),
        ({"algorithm": "tqc", "tau": 0.1}, "sac_speed", "is one of tqc, but the search space builds agents of sac"),
    ],
)
def test_mistakes_are_named(values, space, message):
    with pytest.raises(UserError, match=message):
        fit(values, space)


def test_an_export_is_found_by_its_parameters_and_its_box_is_spoken_of():
    space = load_space("sac_speed")
    parameters = space.warm_start("tight_box", TASK)
    agent = space.agent(parameters, TASK).resolved([-100.0], [100.0])
    recipe = Recipe(
        name="best.json", algorithm="sac", file_values=values_of(agent), parameters=parameters, num_envs=256
    )
    found = fit_recipe(space, recipe, TASK, fixed={})
    assert found.parameters == parameters
    assert {name: kind for name, kind in kinds(found).items() if kind != "kept"} == {"action_box": "ignored"}
    (remark,) = [remark for remark in found.remarks if remark.name == "action_box"]
    assert "action_bound_fraction is 0.01 here" in str(remark)


def test_with_a_bounds_file_its_own_box_is_used():
    bounds = ActionBoundsFile(
        task=BoundsTask(id="Toy", simulator="mujoco"), low=(-1.0,), high=(1.0,), source="fraction", fraction=0.1
    )
    space = load_space("sac_speed").with_action_bounds(bounds)
    found = fit_recipe(space, Recipe(name="mine", values={"gamma": 0.98}), TASK, fixed={})
    assert found.agent.action_box == bounds.box
    assert "action_bound_fraction" not in found.parameters


def plain(algorithm):
    """A space of an algorithm that no bundled one builds."""

    def space(trial):
        return AgentConfig(
            algorithm=algorithm,
            arguments={
                "learning_rate": trial.suggest_float("learning_rate", 1e-4, 1e-2, log=True),
                "batch_size": int(trial.suggest_power_of_two("batch_size", 6, 10)),
                "gamma": trial.suggest_one_minus("gamma", 0.001, 0.1),
                "train_freq": trial.suggest_int("train_freq", 1, 64),
            },
            network=Network(**trial.suggest_ordinal("network", ({"pi": (64,), "qf": (64,)}, {}))),
        )

    return SearchSpace(algorithm, space)


@pytest.mark.slow
@pytest.mark.skipif(not ENTRIES, reason="pip install --no-deps rl-zoo3 to read its files")
@pytest.mark.parametrize("algorithm", ["sac", "tqc", "td3", "crossq", "ppo"])
def test_every_entry_of_rl_zoo_is_expressed_or_refused(algorithm):
    space = load_space(f"{algorithm}_speed") if algorithm in ("sac", "tqc", "ppo") else plain(algorithm)
    expressed, refused = 0, []
    for name, entry in ENTRIES:
        if name != f"{algorithm}.yml":
            continue
        try:
            recipe = read_recipe({"file": f"{HYPERPARAMETERS}/{name}", "entry": entry}, name="mine")
            found = fit_recipe(space, recipe, TASK, fixed={})
        except UserError as error:
            refused.append(str(error))
            continue
        expressed += 1
        assert found.agent == space.agent(found.parameters, TASK)
        assert {remark.name for remark in found.remarks} >= recipe.file_values.keys() - {"log_std_init"}
        assert all(str(remark) for remark in found.remarks)
    assert expressed >= 10
    assert all("train_freq" in text or "CnnPolicy" in text for text in refused)


A1 = TaskConfig(id="Velocity-Flat-A1", num_envs=256)
LEGGED = load_space("sac_legged")


def exported(**beside):
    """The winner of the study a1_flat, whose noise and box the export has in the units of its action box."""
    return fit_recipe(
        LEGGED, read_recipe({"file": "benchmarks/data/a1_flat.json", **beside}, name="mine"), A1, fixed={}
    )


def test_an_export_whose_noise_is_in_another_unit_has_the_parameters_of_its_trial():
    found = exported()
    assert found.parameters == LEGGED.warm_start("a1_flat_winner", A1)
    assert {"clipped", "outside", "rounded"}.isdisjoint(kinds(found).values())
    assert kinds(found)["initial_std"] == "kept"


def test_what_is_given_beside_an_export_changes_nothing_else():
    found = exported(batch_size=1024)
    assert found.parameters == LEGGED.warm_start("a1_flat_winner", A1) | {"log2_batch_size": 10}


def test_noise_in_another_unit_than_the_spaces_is_ignored_and_said_to_be():
    found = fit_recipe(LEGGED, read_recipe({"initial_std": 0.3, "gamma": 0.95}, name="mine"), A1, fixed={})
    assert kinds(found) == {"initial_std": "ignored", "gamma": "kept"}
    (remark,) = [remark for remark in found.remarks if remark.name == "initial_std"]
    assert str(remark).endswith("the space has it in the unit 'degrees', and this is in 'box'")


def test_an_export_that_lacks_a_parameter_is_fitted_by_what_it_says():
    parameters = load_space("sac_speed").warm_start("tight_box", TASK)
    agent = load_space("sac_speed").agent(parameters, TASK)
    del parameters["log2_batch_size"]
    recipe = Recipe(name="old.json", algorithm="sac", file_values=values_of(agent), parameters=parameters, num_envs=256)
    found = fit_recipe(load_space("sac_speed"), recipe, TASK, fixed={})
    assert found.agent == agent
