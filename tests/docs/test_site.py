"""The documentation is built as a site: without warnings, and without anything from elsewhere."""

import os
import re
import shutil
import subprocess
import sys

import pytest

from tests.docs.pages import PAGES, ROOT


def build(source, target):
    """Build the site as `make docs` does, with a proxy that leads nowhere."""
    nowhere = "http://127.0.0.1:9"
    env = os.environ | {"NO_MKDOCS_2_WARNING": "1", "http_proxy": nowhere, "https_proxy": nowhere}
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--config-file", source / "mkdocs.yml"]
    return subprocess.run([*map(str, command), "--site-dir", str(target)], capture_output=True, text=True, env=env)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    built = build(ROOT, folder)
    assert built.returncode == 0, built.stderr
    return folder


def test_every_page_is_there(site):
    names = {"README": "index", "CONTRIBUTING": "contributing", "CHANGELOG": "changelog"}
    assert {f"{names.get(path.stem, path.stem)}.html" for path in PAGES} | {"404.html"} == {
        path.name for path in site.glob("*.html")
    }


def test_the_readme_is_the_first_page_and_its_links_lead_to_pages(site):
    first = (site / "index.html").read_text(encoding="utf-8")
    assert 'href="study-file.html"' in first
    assert 'href="contributing.html"' in first
    assert 'src="figures/a1_story.png"' in first
    assert (site / "figures" / "a1_story.png").is_file()


def test_a_page_leads_back_to_the_readme(site):
    assert 'href="index.html"' in (site / "evidence.html").read_text(encoding="utf-8")


def test_the_site_loads_nothing_from_elsewhere(site):
    for page in site.glob("*.html"):
        loaded = re.findall(r"<(?:script|img|iframe)[^>]+src=\"?(https?:[^\" >]+)", page.read_text(encoding="utf-8"))
        loaded += re.findall(r"<link[^>]+href=\"?(https?:[^\" >]+)", page.read_text(encoding="utf-8"))
        assert loaded == [], page.name
    assert "@import" not in "".join(sheet.read_text() for sheet in site.rglob("*.css"))


@pytest.mark.parametrize("mistake", ["[a](no-such-page.md)", "[a](#no-such-section)"])
def test_a_link_that_leads_nowhere_fails(tmp_path, mistake):
    source = tmp_path / "source"
    shutil.copytree(ROOT / "docs", source / "docs")
    for file in (*PAGES[:3], ROOT / "mkdocs.yml"):
        shutil.copy(file, source)
    page = source / "docs" / "learner.md"
    page.write_text(page.read_text(encoding="utf-8") + f"\n{mistake}\n", encoding="utf-8")
    failed = build(source, tmp_path / "site")
    assert failed.returncode != 0
    assert "learner.md" in failed.stderr


def test_what_makes_pages_is_no_page(site):
    assert not (site / "generate").exists()
