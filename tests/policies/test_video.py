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


def test_a_gif_shows_the_frames_for_as_long_as_was_asked_for_and_repeats(tmp_path):
    write_video(tmp_path / "a.gif", grey([0, 128, 255]), frames_per_second=10)
    frames = decoded(tmp_path / "a.gif", 64, 48)
    assert frames.mean(axis=(1, 2, 3)) == pytest.approx([0, 128, 255], abs=3)
    data = (tmp_path / "a.gif").read_bytes()
    assert b"NETSCAPE2.0\x03\x01\x00\x00" in data  # again and again
    # Before each picture: a mark, the length 4, flags, the delay in 10 ms (least byte first), a colour, 0.
    delays = [data[at + 4] for at in range(len(data)) if data[at : at + 3] == b"\x21\xf9\x04"]
    assert delays == [10, 10, 10]
    assert [path.name for path in tmp_path.iterdir()] == ["a.gif"]


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
    check_video_tools(tmp_path / "a.gif")
    with pytest.raises(UserError, match=r"a\.avi does not end in \.mp4 or \.gif"):
        check_video_tools(tmp_path / "a.avi")


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
