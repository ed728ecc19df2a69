"""A video shows the frames that were written, and a video that fails leaves no file."""

import subprocess
import sys

import numpy as np
import pytest

from tuner.errors import TunerError, UserError
from tuner.policies import check_video_tools
from tuner.policies._video import write_video

imageio_ffmpeg = pytest.importorskip("imageio_ffmpeg", reason="the extra 'video' is not installed")


def decoded(path, width, height):
    """Return the frames of a video, shape (frames, height, width, 3)."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error", "-i", str(path), "-f", "rawvideo"]
    pixels = subprocess.run([*command, "-pix_fmt", "rgb24", "-"], check=True, capture_output=True).stdout
    return np.frombuffer(pixels, np.uint8).reshape(-1, height, width, 3)


def grey(levels):
    return (np.full((48, 64, 3), level, np.uint8) for level in levels)


def test_frames_come_back(tmp_path):
    write_video(tmp_path / "a.mp4", grey([0, 128, 255]), frames_per_second=30)
    frames = decoded(tmp_path / "a.mp4", 64, 48)
    assert frames.mean(axis=(1, 2, 3)) == pytest.approx([0, 128, 255], abs=3)  # H.264 loses a little
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]


def broken():
    yield np.zeros((48, 64, 3), np.uint8)
    raise ValueError("the renderer broke")


def test_what_fails_leaves_the_file_that_was_there(tmp_path):
    (tmp_path / "a.mp4").write_text("mine")
    with pytest.raises(ValueError, match="the renderer broke"):
        write_video(tmp_path / "a.mp4", broken(), frames_per_second=30)
    odd = (np.zeros((47, 63, 3), np.uint8) for _ in range(2))  # H.264 with this colour format needs even sizes
    with pytest.raises(TunerError, match="ffmpeg could not write"):
        write_video(tmp_path / "a.mp4", odd, frames_per_second=30)
    assert (tmp_path / "a.mp4").read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]


def test_other_formats_are_refused(tmp_path):
    check_video_tools(tmp_path / "a.MP4")
    with pytest.raises(UserError, match=r"a\.gif does not end in \.mp4"):
        check_video_tools(tmp_path / "a.gif")


def test_without_the_extra_it_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    with pytest.raises(UserError, match=r"'imageio_ffmpeg' is needed for videos\. .*pip install 'sac-tuner\[video\]'"):
        check_video_tools(tmp_path / "a.mp4")


def test_without_ffmpeg_it_says_where_to_get_it(tmp_path, monkeypatch):
    def nowhere():
        raise RuntimeError("No ffmpeg exe could be found.")

    monkeypatch.setattr(imageio_ffmpeg, "get_ffmpeg_exe", nowhere)
    with pytest.raises(UserError, match=r"none was found\. Install it \(Debian: apt install ffmpeg\)"):
        check_video_tools(tmp_path / "a.mp4")


def test_an_ffmpeg_that_is_not_there(tmp_path, monkeypatch):
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(tmp_path / "nothing"))
    with pytest.raises(TunerError, match="could not be written: No such file"):
        write_video(tmp_path / "a.mp4", grey([0]), frames_per_second=30)
