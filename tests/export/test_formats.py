"""The formats by name, and what each takes."""

import pytest

from tests.export.example import example
from tuner.errors import UserError
from tuner.export import POLICY_FORMATS, Format, format_names, get_format, load_configuration

CONFIGURATIONS = [name for name in format_names() if name not in POLICY_FORMATS]


def test_every_format_is_found_by_its_name():
    assert format_names() == [*CONFIGURATIONS, *POLICY_FORMATS] == ["sbx", "zoo", "isaaclab", "json", "onnx"]
    for name in CONFIGURATIONS:
        found = get_format(name)
        assert isinstance(found, Format)
        assert found.name == name


def test_an_unknown_format_is_answered_with_the_nearest():
    with pytest.raises(
        UserError, match=r"Unknown format 'sbz'\. Did you mean 'sbx'\? Known: isaaclab, json, onnx, sbx, zoo"
    ):
        get_format("sbz")


def test_json_is_read_back(tmp_path):
    file = tmp_path / "a.json"
    file.write_text(get_format("json").text(example()))
    assert load_configuration(file) == example()


class Picky(Format):
    name = "picky"
    suffixes = (".a", ".b")

    def text(self, configuration):
        return ""


def test_a_format_may_insist_on_the_end_of_the_name(tmp_path):
    Picky().check_name(tmp_path / "x.a")
    with pytest.raises(UserError, match=r"x\.c cannot be exported as picky: the file's name must end in \.a or \.b"):
        Picky().check_name(tmp_path / "x.c")
    get_format("json").check_name(tmp_path / "any.thing")


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_every_format_writes_the_example(name):
    assert "Pendulum-v1" in get_format(name).text(example())
