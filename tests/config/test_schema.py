"""Which keys a place has, on a model with every kind of place."""

import pytest
from pydantic import Field, JsonValue

from tuner.config import Frozen
from tuner.config._schema import keys_at, paths_near


class Wheel(Frozen):
    radius: float = 0.1
    module: str | None = Field(default=None, alias="import")


class Robot(Frozen):
    name: str = ""
    wheel: Wheel | None = None
    spares: dict[str, Wheel] = Field(default_factory=dict)
    options: dict[str, JsonValue] = Field(default_factory=dict)
    sizes: tuple[int, ...] = ()


@pytest.mark.parametrize(
    ("path", "keys"),
    [
        ([], ["name", "wheel", "spares", "options", "sizes"]),
        (["wheel"], ["radius", "import"]),  # by the name that the user writes
        (["spares"], None),  # the user's own names
        (["spares", "left"], ["radius", "import"]),
        (["options"], None),
        (["options", "deep", "down"], None),
        (["name"], []),
        (["sizes"], []),
        (["sizes", 0], []),
        (["wheel", "radius"], []),
        (["nowhere"], []),
        (["wheel", "module"], []),  # the field's own name is no key
    ],
)
def test_the_keys_of_a_place(path: list[str | int], keys: list[str] | None) -> None:
    assert keys_at(path, Robot) == keys


@pytest.mark.parametrize(
    ("name", "paths"),
    [("radios", ["wheel.radius"]), ("imports", ["wheel.import"]), ("nam", ["name"]), ("zzz", [])],
)
def test_the_paths_of_what_was_probably_meant(name: str, paths: list[str]) -> None:
    assert paths_near(name, Robot) == paths


def test_a_name_that_two_places_have_is_offered_with_both() -> None:
    class Cart(Frozen):
        front: Wheel = Wheel()
        back: Wheel = Wheel()

    assert paths_near("radiu", Cart) == ["front.radius", "back.radius"]
