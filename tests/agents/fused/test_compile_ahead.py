import re

from tests.agents.fused.support import ONE_BLOCK, fused_config
from tests.agents.shared.test_compilation import cache_in
from tests.agents.small import assert_same_parameters, small_agent
from tests.agents.test_warm_up import compilations
from tuner.agents import warm_up
from tuner.agents.fused._programs import programs_for
from tuner.agents.shared.compilation import claim
from tuner.config import Network


def compiled(messages):
    return [match[1] for text in messages if (match := re.match(r"Finished XLA compilation of jit\((.*?)\)", text))]


def test_the_second_process_begins_with_learning(tmp_path):
    config = fused_config(arguments=ONE_BLOCK | {"buffer_size": 52}, network=Network(pi=(6,), qf=(6,)))
    with cache_in(str(tmp_path)):
        with compilations() as usual:
            first = small_agent(config, seed=4)
            warm_up(first)
        assert compiled(usual).index("init") < compiled(usual).index("_learn") == len(compiled(usual)) - 1
        programs_for.cache_clear()  # as in another process
        sizes = ("sac", config.network, first.observation_space.shape, first.action_space.shape)
        with claim(f"build {sizes}", wait=False) as ours, compilations() as ahead:
            assert ours
            second = small_agent(config, seed=4)
        assert compiled(ahead)[0] == "_learn"
        with compilations() as later:
            warm_up(second)
        assert "_learn" not in compiled(later)
    assert second.learner.programs is not first.learner.programs
    assert_same_parameters(second, first)
    for agent in (first, second):
        agent.learn(64)
        agent.learner.finish_updates()
    assert_same_parameters(second, first)
    assert second.action_space.np_random.random() == first.action_space.np_random.random()
