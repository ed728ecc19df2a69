"""The page: its head, its sections, and all that is needed to draw it without a network."""

from collections.abc import Sequence
from importlib.resources import files

from plotly.offline import get_plotlyjs

from tuner import __version__
from tuner.clock import wall_time
from tuner.figures import aim_sentence
from tuner.report._blocks import Figure, Section, drawn, moment, paragraph, text
from tuner.report._origin import machine_name, origin_section, trials_section
from tuner.report._result import configuration_section, headline, result_facts, time_section
from tuner.report._search import history_section, parameters_section, returns_section
from tuner.report._study_data import Source
from tuner.report._time_and_faults import faults_section, ledger_section, stops_section

_POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:"
"""What the browser lets the page do: it may request nothing from the network."""
_LONG = 12
"""Facts with more characters than this are set smaller."""


def sections_of(source: Source) -> list[Section]:
    """Return the sections of a study's page, in their order."""
    found = [
        time_section(source),
        configuration_section(source),
        returns_section(source),
        history_section(source),
        parameters_section(source),
        stops_section(source),
        ledger_section(source),
        faults_section(source),
        trials_section(source),
        origin_section(source),
    ]
    return [section for section in found if section is not None]


def figures_of(sections: Sequence[Section]) -> list[Figure]:
    """Return the figures of the sections, in their order."""
    return [block for section in sections for block in section.blocks if isinstance(block, Figure)]


def page_of(source: Source, sections: Sequence[Section]) -> str:
    """Return the whole page."""
    links = "".join(f'<li><a href="#{text(part.name)}">{text(part.link)}</a></li>' for part in sections)
    body = "\n".join(_section(part) for part in sections)
    made = f"Made by sac-tuner {__version__} on {moment(wall_time())}. Figures drawn by plotly.js (MIT licence)."
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{text(_POLICY)}">
<meta name="generator" content="sac-tuner {text(__version__)}">
<link rel="icon" href="data:,">
<title>{text(source.summary.study)}: sac-tuner report</title>
<style>
{_part("page.css")}</style>
</head>
<body>
{_header(source)}
<nav aria-label="Sections"><ul>{links}</ul></nav>
<main>
{body}
</main>
<footer>{paragraph(made)}</footer>
<noscript>{paragraph("The figures are drawn by JavaScript, which is switched off here.")}</noscript>
<script>{get_plotlyjs()}</script>
<script>
{_part("page.js")}</script>
</body>
</html>
"""


def _header(source: Source) -> str:
    summary, task = source.summary, source.config.task
    facts = [*result_facts(source), (task.id, f"{task.simulator}, {task.num_envs} robots")]
    machine = machine_name(source)
    if machine is not None:
        facts.append((machine.split(",")[0], "machine"))
    tiles = "".join(_fact(value, words) for value, words in facts)
    return (
        f'<header><p class="kind">Study report</p><h1>{text(summary.study)}</h1>'
        f"{paragraph(headline(source), kind='result')}{paragraph(aim_sentence(source.study, summary), kind='aim')}"
        f'<div class="facts">{tiles}</div></header>'
    )


def _fact(value: str, words: str) -> str:
    kind = ' class="long"' if len(value) > _LONG else ""
    return f'<div class="fact"><b{kind}>{text(value)}</b><span>{text(words)}</span></div>'


def _section(part: Section) -> str:
    content = "\n".join(drawn(block) if isinstance(block, Figure) else block for block in part.blocks)
    return (
        f'<section id="{text(part.name)}"><h2>{text(part.title)}</h2>\n{paragraph(part.reading, kind="reading")}\n'
        f"{content}</section>"
    )


def _part(name: str) -> str:
    return files("tuner.report").joinpath(name).read_text("utf-8")
