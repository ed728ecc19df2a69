"""Shared by all tests."""

import pytest

# The contract suites and helpers are not test modules themselves; their assertions should explain themselves too.
pytest.register_assert_rewrite("tests.contracts", "tests.support")
