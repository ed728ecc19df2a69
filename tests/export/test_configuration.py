"""The export file: read back as it was written, and everything else refused with a message."""

import json

import pytest

from tests.export.example import example
from tuner.errors import UserError
from tuner.export import dump_configuration, load_configuration


def written(tmp_path, **changes):
    """Return the path of an export in which dotted paths are changed; None removes a key."""
    data = json.loads(dump_configuration(example()))
    for path, value in changes.items():
        *above, last = path.split("__")
        place = data
        for key in above:
            place = place[key]
        if value is None:
            del place[last]
        else:
            place[last] = value
    file = tmp_path / "agent.json"
    file.write_text(json.dumps(data))
    return file


@pytest.mark.parametrize("algorithm", ["sac", "tqc", "crossq", "td3", "ppo"])
def test_what_was_written_is_read_back(tmp_path, algorithm):
    file = tmp_path / "agent.json"
    file.write_text(dump_configuration(example(algorithm)))
    assert load_configuration(file) == example(algorithm)


def test_an_export_that_missed_its_target_says_so_first_and_is_read_back(tmp_path):
    found = example()
    provenance = found.provenance.model_copy(update={"times_seconds": (None,) * len(found.provenance.seeds)})
    missed = found.model_copy(update={"provenance": provenance})
    file = tmp_path / "agent.json"
    file.write_text(dump_configuration(missed))
    assert next(iter(json.loads(file.read_text()).items())) == ("warning", missed.missed_target)
    assert load_configuration(file) == missed
    assert "warning" not in json.loads(dump_configuration(found))


def test_what_another_version_knows_of_where_it_comes_from_is_left_out(tmp_path):
    file = written(tmp_path, provenance__energy_joules=3.0, provenance__machine__sockets=2)
    assert load_configuration(file) == example()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"schema": 2}, "has schema 2, but this version of tuner reads schema 1"),
        ({"schema": None}, "it has no key 'schema'"),
        ({"agent__action_box": None}, "agent.action_box is missing"),
        ({"agent__algorithm": "sak"}, "Did you mean 'sac'?"),
        ({"task__num_envs": "many"}, "task.num_envs: needs a whole number"),
        ({"provenance__created": "yesterday"}, "needs a date and time"),
        ({"provenance__seeds": [1]}, "there are 1 seeds but 2 times_seconds"),
        ({"budget_secs": 3}, "budget_secs: there is no such key. Did you mean 'budget_seconds'?"),
        ({"agent__action_box__low": [9.0]}, "dimension 0 has low 9.0 which is not below high 1.5"),
        ({"budget_seconds": float("nan")}, "is not JSON: NaN is not a number that JSON has"),
    ],
)
def test_nonsense_is_refused_with_its_place(tmp_path, changes, said):
    file = written(tmp_path, **changes)
    with pytest.raises(UserError) as error:
        load_configuration(file)
    assert str(file) in str(error.value)
    assert said in str(error.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"study: toy", "is not JSON"),
        (b"[1, 2]", "it has no key 'schema'"),
        (b"\xff\xfe", "is not JSON"),
        (b"[" * 100_000, "is not JSON"),
    ],
)
def test_other_files_are_refused(tmp_path, content, said):
    file = tmp_path / "agent.json"
    file.write_bytes(content)
    with pytest.raises(UserError, match=said):
        load_configuration(file)


def test_a_missing_file_is_told_how_to_be_made(tmp_path):
    with pytest.raises(UserError, match=r"No such file or directory\. Write one with: tuner export"):
        load_configuration(tmp_path / "none.json")
    with pytest.raises(UserError, match="there is no such home folder"):
        load_configuration("~nosuchuser/agent.json")


def test_a_key_given_twice_is_refused(tmp_path):
    file = tmp_path / "twice.json"
    text = dump_configuration(example())
    file.write_text(text.replace('"schema": 1,', '"schema": 1, "threads": 64,'))
    with pytest.raises(UserError, match='gives the key "threads" twice in one place'):
        load_configuration(file)
