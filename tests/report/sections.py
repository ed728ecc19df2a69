"""Sections of a report's page, as a reader sees them."""

from html.parser import HTMLParser

from tuner.report._blocks import Figure


class _Text(HTMLParser):
    def __init__(self):
        super().__init__()
        self.words = []

    def handle_data(self, data):
        self.words.append(data)


def told(section):
    """Return the text of a section's blocks, without figures and tags, with single spaces."""
    parser = _Text()
    parser.feed(" ".join(block for block in section.blocks if isinstance(block, str)))
    return " ".join(" ".join(parser.words).split())


def figures(section):
    """Return the names of a section's figures."""
    return [block.name for block in section.blocks if isinstance(block, Figure)]
