"""A hook of MkDocs: README, contributing guide and changelog are pages of the site too, without a second copy of them.

Links between those files and the pages in `docs/` work on GitHub as they stand; for the site they are rewritten.
"""

from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parents[2]
PAGES = {"README.md": "index.md", "CONTRIBUTING.md": "contributing.md", "CHANGELOG.md": "changelog.md"}
"""Files at the top of the repository, and the names of their pages."""


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages."""
    for file, page in PAGES.items():
        files.append(File.generated(config, page, content=_from_root((ROOT / file).read_text(encoding="utf-8"))))
    return files


def on_page_markdown(markdown: str, **_: object) -> str:
    """Let links from a page in `docs/` to those files lead to their pages."""
    for file, page in PAGES.items():
        markdown = markdown.replace(f"](../{file}", f"]({page}")
    return markdown


def _from_root(text: str) -> str:
    """Return a file's text with links that start in `docs/` instead of at the top of the repository."""
    for file, page in PAGES.items():
        text = text.replace(f"]({file}", f"]({page}")
    return text.replace("](docs/", "](")
