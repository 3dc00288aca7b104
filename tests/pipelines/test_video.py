from __future__ import annotations

import re
import subprocess
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest
from PIL import Image

from pipelines.report.video import write_gif, write_mp4


def pictures(height: int, width: int, count: int = 7) -> list[np.ndarray]:
    shades = np.linspace(0, 255, count).astype(np.uint8)
    return [np.full((height, width, 3), shade, np.uint8) for shade in shades]


@pytest.mark.parametrize(("height", "width"), [(32, 48), (33, 47), (17, 17)])
def test_mp4_is_of_even_size_and_holds_every_picture(height: int, width: int, tmp_path: Path) -> None:
    file = tmp_path / "film.mp4"
    write_mp4(file, pictures(height, width), fps=10)
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-i", str(file), "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    process = subprocess.run(command, capture_output=True, check=True)
    even = (height + height % 2, width + width % 2)
    stream = re.search(r"Video: h264 .*", process.stderr.decode())
    assert stream is not None
    assert all(fact in stream[0] for fact in ("yuv420p", f" {even[1]}x{even[0]}", " 10 fps"))
    frames = np.frombuffer(process.stdout, np.uint8).reshape(-1, *even, 3)
    assert len(frames) == 7 + 10
    shades = [float(frame.mean()) for frame in frames]
    assert shades == pytest.approx([*np.linspace(0, 255, 7), *[255] * 10], abs=4)


def test_gif_repeats_and_stays_at_its_end(tmp_path: Path) -> None:
    file = tmp_path / "film.gif"
    write_gif(file, pictures(9, 11), fps=20)
    with Image.open(file) as film:
        assert film.size == (11, 9)
        assert film.info["loop"] == 0
        durations = []
        for number in range(film.n_frames):
            film.seek(number)
            durations.append(film.info["duration"])
    assert durations == [50] * 6 + [1050]


def test_a_film_of_one_picture(tmp_path: Path) -> None:
    write_mp4(tmp_path / "film.mp4", pictures(16, 16, 1), fps=5)
    write_gif(tmp_path / "film.gif", pictures(16, 16, 1), fps=5)
    assert imageio_ffmpeg.count_frames_and_secs(str(tmp_path / "film.mp4"))[0] == 6
    with Image.open(tmp_path / "film.gif") as film:
        assert film.n_frames == 1


def test_a_place_that_cannot_be_written_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="ffmpeg"):
        write_mp4(tmp_path / "nowhere" / "film.mp4", pictures(16, 16), fps=5)
