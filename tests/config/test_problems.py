import pytest
from pydantic import Field

from tuner.config import Frozen, Network, PositiveCount, parse_options
from tuner.errors import UserError


class Inner(Frozen):
    gain: float = 1.0


class Options(Frozen):
    steps: PositiveCount = 5
    inner: Inner = Inner()
    module: str | None = Field(default=None, alias="import")


def test_options_become_a_model() -> None:
    options = parse_options(Options, {"steps": 3, "inner": {"gain": 2}, "import": "m"}, "task.options")
    assert (options.steps, options.inner.gain, options.module) == (3, 2.0, "m")
    assert parse_options(Options, {}, "task.options") == Options()


def test_all_mistakes_are_named_with_their_place() -> None:
    with pytest.raises(UserError) as caught:
        parse_options(Options, {"steps": 0, "inner": {"gian": 1}, "imports": "m"}, "task.options")
    text = str(caught.value)
    assert "task.options.steps: needs at least 1, but 0 was given." in text
    assert "task.options.inner.gian: there is no such key. Did you mean 'gain'?" in text
    assert "task.options.imports: there is no such key. Did you mean 'import'? Allowed: steps, inner, import." in text


def test_an_empty_list_is_told_from_one_with_a_wrong_element() -> None:
    with pytest.raises(UserError) as caught:
        parse_options(Network, {"pi": [], "qf": [0]}, "network")
    assert str(caught.value).splitlines()[1:] == [
        "  network.pi: needs a list that is not empty, but [] was given.",
        "  network.qf.0: needs at least 1, but 0 was given.",
    ]
