import pytest

from tuner.config import TaskConfig
from tuner.errors import UserError
from tuner.resources import bundled_dir
from tuner.spaces import bundled_spaces, load_space

SPACE = """
from tuner.config import AgentConfig
from tuner.spaces import search_space

def known(task):
    return {"rate": 0.5}

@search_space(warm_starts=(known,))
def mine(trial):
    return AgentConfig(algorithm="sac", arguments={"tau": trial.suggest_float("rate", 0.1, 1.0)})

NUMBER = 3
"""


def test_bundled_spaces_by_name():
    assert {"sac_speed", "tqc_speed", "ppo_speed"} <= set(bundled_spaces())
    space = load_space("sac_speed")
    assert space.name == "sac_speed"
    assert space.function.__doc__.startswith("SAC for speed")
    assert {"sbx_default", "raffin_part1", "raffin_part2", "fast_sac"} <= set(space.warm_starts)


def test_unknown_name_offers_the_nearest():
    with pytest.raises(
        UserError, match=r"Unknown search space 'sac_sped'. Did you mean 'sac_speed'\?.*file.py:function"
    ):
        load_space("sac_sped")


def test_users_own_file(tmp_path):
    file = tmp_path / "own.py"
    file.write_text(SPACE)
    space = load_space(f"{file}:mine")
    assert space.name == "own.py:mine"
    assert list(space.distributions(TaskConfig(id="x"))) == ["rate"]
    assert space.warm_start("known", TaskConfig(id="x")) == {"rate": 0.5}


@pytest.mark.parametrize(
    ("function", "message"),
    [("mime", "Did you mean 'mine'"), ("NUMBER", "'NUMBER' in .* is a int, but a search space is a function")],
)
def test_what_is_not_a_space(tmp_path, function, message):
    file = tmp_path / "own.py"
    file.write_text(SPACE)
    with pytest.raises(UserError, match=message):
        load_space(f"{file}:{function}")


def test_missing_file(tmp_path):
    with pytest.raises(UserError, match="Cannot read the Python file"):
        load_space(f"{tmp_path / 'none.py'}:mine")


def test_hash_changes_with_the_file_and_what_it_imports_beside_it(tmp_path):
    file, beside, other = (tmp_path / name for name in ("own.py", "ranges_beside.py", "other.py"))
    beside.write_text("LOW = 0.1\n")
    file.write_text("import ranges_beside\n" + SPACE)

    def current():
        return load_space(f"{file}:mine").source_hash

    first = current()
    assert current() == first
    other.write_text("not imported")
    assert current() == first
    beside.write_text("LOW = 0.2\n")
    second = current()
    assert second != first
    file.write_text(file.read_text() + "\n# a comment\n")
    assert current() not in (first, second)


def test_copied_spaces_work_elsewhere(tmp_path):
    for source in bundled_dir("search_spaces").glob("*.py"):
        (tmp_path / source.name).write_bytes(source.read_bytes())
    copied = load_space(f"{tmp_path / 'tqc.py'}:tqc_speed")
    task = TaskConfig(id="x")
    assert copied.distributions(task) == load_space("tqc_speed").distributions(task)
