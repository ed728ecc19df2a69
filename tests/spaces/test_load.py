import hashlib

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


def test_an_edited_copy_gets_its_own_recipes(tmp_path):
    """Also where the bundled recipes are loaded already; both go on with their own, in later calls too."""
    task = TaskConfig(id="x")
    bundled = load_space("sac_speed")
    for name in ("sac.py", "sac_recipes.py"):
        (tmp_path / name).write_bytes((bundled_dir("search_spaces") / name).read_bytes())
    recipes = tmp_path / "sac_recipes.py"
    recipes.write_text(recipes.read_text().replace("N_STEPS = (1, 3, 5, 8)", "N_STEPS = (1, 3)"))
    edited = load_space(f"{tmp_path / 'sac.py'}:sac_speed")
    assert edited.distributions(task)["n_steps_index"].high == 1
    assert bundled.distributions(task)["n_steps_index"].high == 3
    assert edited.source_hash != bundled.source_hash
    assert load_space("sac_speed").distributions(task) == bundled.distributions(task)
    assert load_space("sac_speed").source_hash == bundled.source_hash


def test_the_hash_is_of_names_and_contents(tmp_path):
    """A study is resumed only if the hash is the same, so the way it is made must not change."""
    (tmp_path / "ranges.py").write_bytes(b"LOW = 0.1\n")
    file = tmp_path / "own.py"
    file.write_text("import ranges\n" + SPACE)
    expected = hashlib.sha256()
    for name in ("own.py", "ranges.py"):
        expected.update(name.encode() + b"\0" + (tmp_path / name).read_bytes() + b"\0")
    assert load_space(f"{file}:mine").source_hash == expected.hexdigest()


def test_a_package_beside_the_file_counts(tmp_path):
    file, walk = tmp_path / "own.py", tmp_path / "robots" / "walk.py"
    walk.parent.mkdir()
    walk.write_text("LOW = 0.1\n")
    file.write_text("from robots import walk\n" + SPACE)
    before = load_space(f"{file}:mine").source_hash
    walk.write_text("LOW = 0.2\n")
    assert load_space(f"{file}:mine").source_hash != before


def test_the_hash_belongs_to_what_was_loaded(tmp_path):
    (tmp_path / "ranges.py").write_text("HIGH = 2.0\n")
    file = tmp_path / "own.py"
    file.write_text("from ranges import HIGH\n" + SPACE.replace("0.1, 1.0", "0.1, HIGH"))
    first = load_space(f"{file}:mine")
    (tmp_path / "ranges.py").write_text("HIGH = 3.0\n")
    second = load_space(f"{file}:mine")
    highs = [space.distributions(TaskConfig(id="x"))["rate"].high for space in (first, second)]
    assert highs == [2.0, 3.0]
    assert first.source_hash != second.source_hash
