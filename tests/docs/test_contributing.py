"""The map in CONTRIBUTING.md names everything that lies in the package, and in its order."""

import re
import tomllib

from tests.docs.pages import ROOT, rows

TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
MAP = [re.findall(r"`tuner/(\w+)(?:/|\.py)`", row[0]) for row in rows(TEXT) if "`tuner/" in row[0]]


def test_every_package_and_module_is_on_the_map():
    folder = ROOT / "tuner"
    packages = {path.parent.name for path in folder.glob("*/__init__.py")}
    modules = {path.stem for path in folder.glob("*.py")} - {"__init__", "__main__"}
    assert {name for row in MAP for name in row} == packages | modules


def test_the_map_has_the_order_of_the_layers():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = next(contract for contract in contracts if contract["name"].startswith("Layers"))["layers"]
    height = {name.strip().removeprefix("tuner."): index for index, row in enumerate(layers) for name in row.split("|")}
    heights = [height[name] for row in MAP for name in row if name in height]
    assert heights == sorted(heights)
