"""Tests mirror the package; `contracts` holds the suites every extension passes, `support` what tests share."""
