"""Write frames as an MP4 or GIF file."""

import os
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from tempfile import TemporaryFile
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from tuner.errors import TunerError, UserError
from tuner.optional import require

Frame = npt.NDArray[np.uint8]
"""Shape (height, width, 3)."""

INSTALL = "pip install 'sac-tuner[video]'"


@dataclass(frozen=True)
class VideoFormat:
    """How videos of one kind are made."""

    width: int
    """px, even."""
    height: int
    """px, even."""
    frames_per_second: float
    """At most."""
    arguments: tuple[str, ...]
    """ffmpeg's options for the file that it writes."""


_FEW_COLOURS = (
    "split[all][again]; [all]palettegen=max_colors=48[palette]; "
    "[again][palette]paletteuse=dither=none:diff_mode=rectangle"
)
"""A palette of the whole film. Dithering would make areas of one colour noisy, and files several times as large."""

FORMATS: Mapping[str, VideoFormat] = MappingProxyType(
    {
        ".mp4": VideoFormat(
            640, 480, 30.0, ("-c:v", "libx264", "-pix_fmt", "yuv420p", "-crf", "20", "-movflags", "+faststart")
        ),
        ".gif": VideoFormat(320, 240, 10.0, ("-filter_complex", _FEW_COLOURS, "-loop", "0")),
    }
)
"""By the ending of the file: H.264, and a GIF that repeats, small enough for web pages."""


def video_format(path: Path) -> VideoFormat:
    """Return the format that a file's name asks for.

    Raises:
        UserError: if it has another ending.
    """
    found = FORMATS.get(path.suffix.lower())
    if found is None:
        raise UserError(f"{path} does not end in {' or '.join(FORMATS)}, the formats that videos are written in.")
    return found


def check_video_tools(path: Path) -> None:
    """Refuse a file of another format, or a machine without ffmpeg, before anything is rendered.

    Raises:
        UserError: in these cases.
    """
    video_format(path)
    _ffmpeg()


def write_video(path: Path, frames: Iterable[Frame], *, frames_per_second: float) -> None:
    """Write a video whole or not at all; an existing file is replaced.

    Args:
        path: the file; its ending is one of `FORMATS`.
        frames: at least one; all of one even width and height.
        frames_per_second: how fast they follow each other; a GIF rounds the time between them to 10 ms.

    Raises:
        UserError: if the ending is another, or ffmpeg is not installed.
        TunerError: if the file could not be written.
    """
    wanted = video_format(path).arguments
    part = path.with_name(f".{path.stem}.{os.getpid()}.part{path.suffix.lower()}")
    try:
        _encode(part, iter(frames), frames_per_second, wanted)
        part.replace(path)
    except OSError as error:
        raise TunerError(f"The video {path} could not be written: {error.strerror or error}") from error
    finally:
        part.unlink(missing_ok=True)


def _encode(path: Path, frames: Iterator[Frame], frames_per_second: float, wanted: tuple[str, ...]) -> None:
    first = next(frames)
    height, width = first.shape[:2]
    given = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}", "-r", f"{frames_per_second:.6g}"]
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
