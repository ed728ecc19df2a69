"""Write frames as an MP4 file."""

import os
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import chain
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import numpy as np
import numpy.typing as npt

from tuner.errors import TunerError, UserError
from tuner.optional import require

Frame = npt.NDArray[np.uint8]
"""Shape (height, width, 3)."""

INSTALL = "pip install 'sac-tuner[video]'"


def check_video_tools(path: Path) -> None:
    """Refuse a file that is not an MP4, or a machine without ffmpeg, before anything is rendered.

    Raises:
        UserError: in these cases.
    """
    if path.suffix.lower() != ".mp4":
        raise UserError(f"{path} does not end in .mp4, which is the format that videos are written in.")
    _ffmpeg()


def write_video(path: Path, frames: Iterable[Frame], *, frames_per_second: float) -> None:
    """Write an MP4 (H.264) whole or not at all; an existing file is replaced.

    Args:
        path: the file; its name ends in .mp4.
        frames: at least one; all of one even width and height.
        frames_per_second: how fast they follow each other.

    Raises:
        UserError: if ffmpeg is not installed.
        TunerError: if the file could not be written.
    """
    part = path.with_name(f".{path.stem}.{os.getpid()}.part.mp4")
    try:
        _encode(part, iter(frames), frames_per_second)
        part.replace(path)
    except OSError as error:
        raise TunerError(f"The video {path} could not be written: {error.strerror or error}") from error
    finally:
        part.unlink(missing_ok=True)


def _encode(path: Path, frames: Iterator[Frame], frames_per_second: float) -> None:
    first = next(frames)
    height, width = first.shape[:2]
    given = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}", "-r", f"{frames_per_second:.6g}"]
    wanted = ["-c:v", "libx264", "-pix_fmt", "yuv420p", "-crf", "20", "-movflags", "+faststart"]
    command = [_ffmpeg(), "-loglevel", "error", "-y", *given, "-i", "-", "-an", *wanted, str(path)]
    with (
        TemporaryFile() as log,
        # A session of its own, so that Ctrl-C ends the rendering but not ffmpeg, which has to finish the file.
        subprocess.Popen(command, stdin=subprocess.PIPE, stderr=log, start_new_session=True) as process,
    ):
        pipe: Any = process.stdin
        with suppress(BrokenPipeError):  # it died; its exit code and its output say why
            for frame in chain([first], frames):
                pipe.write(np.ascontiguousarray(frame).tobytes())
            pipe.close()
        if process.wait() != 0:
            log.seek(0)
            words = log.read().decode(errors="replace").strip().splitlines()
            raise TunerError(f"ffmpeg could not write {path}: {words[-1] if words else f'code {process.returncode}'}")


def _ffmpeg() -> str:
    """Return the path of ffmpeg, which the package imageio-ffmpeg contains."""
    module = require("imageio_ffmpeg", "videos", INSTALL)
    try:
        return str(module.get_ffmpeg_exe())
    except RuntimeError as error:
        raise UserError(
            "Videos are encoded by ffmpeg, and none was found. Install it (Debian: apt install ffmpeg), or name it in "
            "the environment variable IMAGEIO_FFMPEG_EXE."
        ) from error
