"""docs/samplers-and-pruners.md tells of every sampler and pruner, and of the options that are ours."""

import inspect
import re

import pytest

from tests.docs.pages import page, rows
from tuner.study import TimeToReturnPruner, pruner_names, sampler_names
from tuner.study.samplers._local_search import LocalSampler

SAMPLERS, _, PRUNERS = page("samplers-and-pruners.md").partition("## Pruners")


def first_cells(text):
    return {name for row in rows(text) for name in re.findall(r"`(\w+)`", row[0])}


def test_every_sampler_has_a_row():
    assert set(sampler_names()) <= first_cells(SAMPLERS)


def test_every_pruner_has_a_row():
    assert set(pruner_names()) <= first_cells(PRUNERS)


@pytest.mark.parametrize(("text", "kind"), [(SAMPLERS, LocalSampler), (PRUNERS, TimeToReturnPruner)])
def test_every_option_of_ours_has_a_row_with_its_default(text, kind):
    given_by_the_platform = {"self", "seed", "budget_seconds", "ticks"}
    told = {row[0].strip("`"): row[1] for row in rows(text) if len(row) == 3}
    for name, parameter in inspect.signature(kind.__init__).parameters.items():
        if name not in given_by_the_platform:
            assert told.get(name) == str(parameter.default), name
