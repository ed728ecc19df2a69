import sys
from pathlib import Path

import pytest

from tuner.errors import UserError
from tuner.optional import require


def test_what_is_installed_is_returned() -> None:
    assert require("json.decoder", "reading", "pip install json") is sys.modules["json.decoder"]


@pytest.mark.parametrize("module", ["no_such_package", "no_such_package.inner"])
def test_what_is_missing_is_explained(module: str) -> None:
    with pytest.raises(UserError) as caught:
        require(module, "filming", "pip install 'sac-tuner[video]'")
    expected = f"'{module}' is needed for filming. Install it with: pip install 'sac-tuner[video]'"
    assert str(caught.value) == expected


def test_a_missing_dependency_of_what_is_installed_is_not_blamed_on_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "half_installed_package.py").write_text("import the_other_half\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="the_other_half"):
        require("half_installed_package", "anything", "pip install half_installed_package")
