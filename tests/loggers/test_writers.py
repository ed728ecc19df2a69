"""What each logger has on disk after a run."""

import csv
import json
import struct
import time
from typing import get_args

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.util.tensor_util import make_ndarray
from wandb.proto.wandb_internal_pb2 import Record

from tuner.config import LoggerName
from tuner.errors import UserError
from tuner.loggers import check_loggers
from tuner.loggers._writers import _WRITERS, open_writer

CONFIG = {"algorithm": "sac", "arguments": {"learning_rate": 3e-4}}


def write_a_run(name, folder):
    writer = open_writer(name, folder, "trial-0003", group="toy", config=CONFIG)
    writer.write(0.5, {"return/estimate": 1.0})
    writer.write(1.25, {"return/estimate": 2.0, "train/actor_loss": -3.0})
    writer.close({"result/best_return": 2.5})


def test_tensorboard_has_curves_over_the_training_clock(tmp_path):
    write_a_run("tensorboard", tmp_path)
    events = EventAccumulator(str(tmp_path / "tensorboard" / "trial-0003")).Reload()

    def points(name):
        return [(event.step, make_ndarray(event.tensor_proto).item()) for event in events.Tensors(name)]

    assert points("return/estimate") == [(500, 1.0), (1250, 2.0)]  # milliseconds
    assert points("train/actor_loss") == [(1250, -3.0)]
    assert points("result/best_return") == [(1250, 2.5)]
    first, second = events.Tensors("return/estimate")
    assert second.wall_time - first.wall_time == pytest.approx(0.75, abs=1e-3)
    assert events.SummaryMetadata("return/estimate").plugin_data.plugin_name == "scalars"


def test_csv_has_a_row_for_each_time_and_columns_that_come_late(tmp_path):
    write_a_run("csv", tmp_path)
    with (tmp_path / "csv" / "trial-0003.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows == [
        {"clock_seconds": "0.5", "return/estimate": "1.0", "train/actor_loss": "", "result/best_return": ""},
        {"clock_seconds": "1.25", "return/estimate": "2.0", "train/actor_loss": "-3.0", "result/best_return": "2.5"},
    ]


def test_csv_of_a_run_that_never_ticked_is_not_written(tmp_path):
    writer = open_writer("csv", tmp_path, "trial-0000", group="toy", config=CONFIG)
    writer.close({"result/best_return": 1.0})
    assert list((tmp_path / "csv").iterdir()) == []


def wandb_records(file):
    """Yield the records of an offline run: a header of 7 bytes, then LevelDB's log format in blocks of 32 KiB."""
    data, at, parts = file.read_bytes(), 7, b""
    while at + 7 <= len(data):
        left = 32768 - at % 32768
        if left < 7:
            at += left
            continue
        length, kind = struct.unpack_from("<HB", data, at + 4)
        parts += data[at + 7 : at + 7 + length]
        at += 7 + length
        if kind in (1, 4):  # a whole record, or the last part of one
            yield Record.FromString(parts)
            parts = b""


def wait_until(condition, seconds=60.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def values(items):
    return {item.key or "/".join(item.nested_key): json.loads(item.value_json) for item in items}


def test_wandb_offline_has_the_configuration_the_curve_and_the_result(tmp_path, monkeypatch):
    monkeypatch.setenv("WANDB_MODE", "offline")
    write_a_run("wandb", tmp_path)
    (file,) = (tmp_path / "wandb").glob("offline-run-*/run-*.wandb")
    # Its own process writes the file, and is still at it when the run has finished.
    wait_until(lambda: any(record.HasField("exit") for record in wandb_records(file)))
    records = list(wandb_records(file))
    run = next(record.run for record in records if record.HasField("run"))
    assert (run.project, run.run_group, run.display_name) == ("sac-tuner", "toy", "toy/trial-0003")
    assert values(run.config.update)["algorithm"] == "sac"
    history = [values(record.history.item) for record in records if record.HasField("history")]
    assert [(row["clock_seconds"], row["return/estimate"]) for row in history] == [(0.5, 1.0), (1.25, 2.0)]
    metrics = [record.metric for record in records if record.HasField("metric")]
    assert any(metric.glob_name == "*" and metric.step_metric == "clock_seconds" for metric in metrics)


@pytest.mark.parametrize("name", ["tensorboard", "wandb"])
def test_a_logger_that_is_not_installed_is_refused_before_anything_runs(name, monkeypatch):
    import sys

    check_loggers([name])
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(UserError, match=rf"Install it with: pip install 'sac-tuner\[{name}\]'"):
        check_loggers([name])


def test_csv_needs_nothing():
    check_loggers(["csv"])
    assert list(get_args(LoggerName)) == list(_WRITERS) == ["tensorboard", "wandb", "csv"]
