"""The user's own line among those of libraries, in tracebacks from several places."""

import importlib.util
import json
import traceback
from pathlib import Path

import numpy as np
import pytest

from tuner.tracebacks import described, details_of, failure_details, shortened, traceback_in, user_frame, with_frame

ROBOT = """\
import json
import numpy as np

def step(action):
    return compute(action)

def compute(action):
    if action == "numpy":
        return np.linalg.inv(np.zeros((2, 2)))
    if action == "json":
        return json.loads("{")
    if action == "deep":
        return json.dumps(Deep())
    if action == "again":
        return compute(action)
    if action == "cause":
        try:
            return json.loads("{")
        except ValueError as error:
            raise RuntimeError("the model is broken") from error
    if action == "many":
        raise ExceptionGroup("two legs", [ValueError("left")])
    raise RuntimeError("joint 3: solver did not converge\\nsecond line")
"""


@pytest.fixture(scope="module")
def robot(tmp_path_factory):
    file = tmp_path_factory.mktemp("mine") / "robot.py"
    file.write_text(ROBOT)
    spec = importlib.util.spec_from_file_location("robot_of_the_test", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def failure(robot, action):
    with pytest.raises(Exception) as raised:  # noqa: PT011 - of any kind
        robot.step(action)
    raised.value.__traceback__ = raised.value.__traceback__.tb_next  # without the line above, which is a user's too
    return raised.value


@pytest.mark.parametrize(
    ("action", "line", "text"),
    [
        ("numpy", 9, "return np.linalg.inv(np.zeros((2, 2)))"),  # raised in an installed package
        ("json", 11, 'return json.loads("{")'),  # in Python's own
        ("cause", 20, 'raise RuntimeError("the model is broken") from error'),  # the later of two exceptions
        ("many", 22, 'raise ExceptionGroup("two legs", [ValueError("left")])'),
        ("", 23, 'raise RuntimeError("joint 3: solver did not converge\\nsecond line")'),
    ],
)
def test_the_last_frame_in_the_users_code_is_found(robot, action, line, text):
    details = failure_details(failure(robot, action))
    assert details["user_frame"] == f'File "{robot.__file__}", line {line}, in compute\n  {text}'
    assert details["traceback"].startswith(("Traceback (most recent", "  + Exception Group Traceback"))


def test_a_cause_in_the_users_code_is_found_behind_a_wrapper_that_is_not(robot):
    error = LookupError("raised in an installed package")
    error.__cause__ = failure(robot, "json")
    assert f'File "{robot.__file__}", line 11' in failure_details(error)["user_frame"]


def test_endless_recursion_is_shortened_and_still_says_where(robot):
    details = failure_details(failure(robot, "again"))
    assert "line 15, in compute" in details["user_frame"]
    assert len(details["traceback"]) < 25_000


def test_without_users_code_there_is_no_frame():
    with pytest.raises(json.JSONDecodeError) as raised:
        json.loads("{")
    raised.value.__traceback__ = raised.value.__traceback__.tb_next
    assert "user_frame" not in failure_details(raised.value)


def test_notes_are_searched_too():
    """A simulator in another process adds its traceback as a note."""
    error = RuntimeError("the simulator failed")
    error.add_note(
        'Traceback (most recent call last):\n  File "/home/me/arm.py", line 4, in step\n    bend()\nOops: no'
    )
    assert failure_details(error)["user_frame"] == 'File "/home/me/arm.py", line 4, in step\n  bend()'


@pytest.mark.parametrize(
    "file",
    [
        "/usr/lib/python3.12/json/decoder.py",
        "/venv/lib/python3.11/site-packages/numpy/linalg.py",
        "/usr/lib/python3/dist-packages/numpy/linalg.py",
        "<string>",
        "<frozen importlib._bootstrap>",
        "/opt/x/tuner/simulators/server/server_side/serve.py",
        str(Path(traceback.__file__)),
        str(Path(np.__file__)),
    ],
)
def test_files_of_libraries_are_not_the_users(file):
    assert user_frame(f'  File "{file}", line 1, in f\n    x()\n') is None


def test_the_fault_handlers_stack_is_read_from_its_top():
    text = (
        "Fatal Python error: Segmentation fault\n\nThread 0x1 (most recent call first):\n"
        '  File "/home/me/other.py", line 1 in wait\n\nCurrent thread 0x2 (most recent call first):\n'
        '  File "/venv/lib/python3.11/site-packages/engine.py", line 9 in solve\n'
        '  File "/home/me/arm.py", line 7 in step\n  File "/home/me/arm.py", line 3 in main\n'
    )
    assert user_frame(text) == 'File "/home/me/arm.py", line 7, in step'


def test_the_last_traceback_of_a_log_is_cut_out():
    head = "Traceback (most recent call last):\n"
    assert traceback_in(f"starting\n{head}  first\nwarming up\n{head}  second\n") == f"{head}  second\n"
    assert traceback_in("nothing went wrong") is None


def test_exceptions_are_described_whatever_they_carry():
    class UnprintableError(Exception):
        def __str__(self):
            raise ValueError("no words")

    assert described(ValueError("joint 3\nleg 2")) == "ValueError: joint 3\nleg 2"
    assert described(ValueError()) == "ValueError"
    assert described(UnprintableError()) == "UnprintableError: (it cannot be printed)"
    assert described(ValueError(lambda: 0)).startswith("ValueError: <function")
    assert "UnprintableError: <exception str() failed>" in failure_details(UnprintableError())["traceback"]
    long = described(ValueError("x" * 100_000))
    assert len(long) < 4_100
    assert "characters left out" in long


def test_shortening_keeps_both_ends():
    assert shortened("abcdefgh", 8) == "abcdefgh"
    assert shortened("abcdefghij", 4) == "ab\n… 6 characters left out …\nij"


def test_a_text_without_a_traceback_gives_no_frame():
    assert details_of("killed") == {"traceback": "killed"}


FRAME = 'File "/home/me/arm.py", line 4, in step\n  bend()'


def test_a_frame_is_added_to_a_message_as_far_as_it_is_not_there():
    whole = 'It failed.\n  File "/home/me/arm.py", line 4, in step\n    bend()'
    assert with_frame("It failed.", FRAME) == whole
    assert with_frame(whole, FRAME) == whole
    assert with_frame("It failed at /home/me/arm.py, line 4: no", FRAME) == (
        "It failed at /home/me/arm.py, line 4: no\n  bend()"
    )
    assert with_frame("It failed at /home/me/arm.py, line 44: no", FRAME).count("arm.py") == 2
    assert with_frame("It failed.", None) == "It failed."


def test_an_empty_log_has_no_frame():
    assert user_frame("") is None
