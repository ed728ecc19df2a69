"""A study as one page that can be sent, read on a phone and printed. It needs no network."""

from tuner.report._write import check_report_paths, write_report

__all__ = ["check_report_paths", "write_report"]
