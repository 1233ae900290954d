"""Which way of convolving many lanes is fastest: the choice behind `engine.stack.modules.conv`, with its numbers.

Every way takes h_LBHWC, w_LIO (rows in the order kernel row, kernel column, channel) and b_LO, and is timed inside the
default convolutional net: two blocks of convolution, ReLU and max-pooling, forward and backward.
`python -m tests.benchmarks.convolutions` prints the whole table in markdown.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from engine.stack.modules.conv import Pool, convolve
from tests.benchmarks.result import Result

Way = Callable[[Tensor, Tensor, Tensor], Tensor]
BATCH, CHANNELS = 100, (16, 32)
SHAPES = {"digits 8x8": (1, 8), "CIFAR 32x32": (3, 32)}


def kernels(w_LIO: Tensor, channels: int) -> Tensor:
    """The weights as torch wants them, [L, O, C, 3, 3]."""
    lanes, _, outputs = w_LIO.shape
    return w_LIO.view(lanes, 3, 3, channels, outputs).permute(0, 4, 3, 1, 2)


def grouped(h_LBHWC: Tensor, w_LIO: Tensor, b_LO: Tensor) -> Tensor:
    """One convolution of L groups, the lanes folded into the channels."""
    lanes, batch, height, width, channels = h_LBHWC.shape
    h = h_LBHWC.permute(1, 0, 4, 2, 3).reshape(batch, lanes * channels, height, width)
    w = kernels(w_LIO, channels).reshape(-1, channels, 3, 3)
    y = F.conv2d(h, w, b_LO.flatten(), padding=1, groups=lanes)
    return y.view(batch, lanes, -1, height, width).permute(1, 0, 3, 4, 2).contiguous()


def loop_planes(h_LBHWC: Tensor, w_LIO: Tensor, b_LO: Tensor) -> Tensor:
    """A loop over lanes, each convolved as whole planes of a channel."""
    w = kernels(w_LIO, h_LBHWC.shape[4])
    planes = [
        F.conv2d(h.permute(0, 3, 1, 2).contiguous(), k.contiguous(), b, padding=1).permute(0, 2, 3, 1)
        for h, k, b in zip(h_LBHWC.unbind(), w.unbind(), b_LO.unbind(), strict=True)
    ]
    return torch.stack(planes)


def unfolded(h_LBHWC: Tensor, w_LIO: Tensor, b_LO: Tensor) -> Tensor:
    """im2col, then one batched product of all lanes."""
    lanes, batch, height, width, _ = h_LBHWC.shape
    p = F.pad(h_LBHWC, (0, 0, 1, 1, 1, 1))
    taps = [p[:, :, row : row + height, column : column + width] for row in range(3) for column in range(3)]
    columns_LNI = torch.cat(taps, dim=4).view(lanes, batch * height * width, -1)
    return torch.baddbmm(b_LO.unsqueeze(1), columns_LNI, w_LIO).view(lanes, batch, height, width, -1)


def mapped(h_LBHWC: Tensor, w_LIO: Tensor, b_LO: Tensor) -> Tensor:
    """torch.func.vmap over the lanes."""
    convolution = torch.func.vmap(lambda h, w, b: F.conv2d(h, w, b, padding=1))
    y = convolution(h_LBHWC.permute(0, 1, 4, 2, 3), kernels(w_LIO, h_LBHWC.shape[4]), b_LO)
    return y.permute(0, 1, 3, 4, 2).contiguous()


def ours(h_LBHWC: Tensor, w_LIO: Tensor, b_LO: Tensor) -> Tensor:
    """The engine's: a loop over lanes, channels last in memory from one layer to the next."""
    return convolve(h_LBHWC, w_LIO, b_LO, kernel=3, stride=1)


WAYS: dict[str, Way] = {
    "loop, channels last (engine)": ours,
    "loop, planes": loop_planes,
    "grouped": grouped,
    "unfold + bmm": unfolded,
    "vmap": mapped,
}


def milliseconds(way: Way, lanes: int, channels: int, side: int, device: str = "cpu", repeats: int = 2) -> float:
    """The fastest of some forward and backward passes."""
    generator = torch.Generator().manual_seed(0)
    x = torch.rand(lanes, BATCH, side, side, channels, generator=generator).to(device)
    parameters: list[Tensor] = []
    for outputs in CHANNELS:
        parameters.append(torch.randn(lanes, channels * 9, outputs, generator=generator).to(device) * 0.1)
        parameters.append(torch.zeros(lanes, outputs, device=device))
        channels = outputs
    for parameter in parameters:
        parameter.requires_grad_()
    pool, best = Pool(), float("inf")
    for _ in range(repeats):
        begin = time.perf_counter()
        h = x
        for w_LIO, b_LO in zip(parameters[::2], parameters[1::2], strict=True):
            h = pool.of(way(h, w_LIO, b_LO).relu())
        torch.autograd.grad(h.square().sum(), parameters)
        if device.startswith("cuda"):
            torch.cuda.synchronize()
        best = min(best, time.perf_counter() - begin)
    return best * 1e3


def table(device: str = "cpu") -> dict[str, dict[str, float]]:
    """Milliseconds of every way at every size."""
    times: dict[str, dict[str, float]] = {}
    for name, (channels, side) in SHAPES.items():
        for lanes in (2, 8):
            case = f"{name}, {lanes} lanes"
            times[case] = dict.fromkeys(WAYS, float("inf"))
            # Way after way, round after round: what else the machine does then falls on all of them.
            for _ in range(3 if side > 8 else 10):
                for way, run in WAYS.items():
                    times[case][way] = min(times[case][way], milliseconds(run, lanes, channels, side, device))
    return times


def convolutions(device: str = "cpu") -> list[Result]:
    """A line for each size: the engine's way, and the best of the others."""
    results = []
    for case, (mine, *others) in ((case, list(row.items())) for case, row in table(device).items()):
        name, best = min(others, key=lambda way: way[1])
        ratio = mine[1] / best
        results.append(
            Result(
                f"convolutions forward and backward, {case}",
                "at most 1.25 of the best other way",
                f"{mine[1]:.1f} ms; {', '.join(f'{way} {ms:.1f}' for way, ms in others)} ({ratio:.2f} of {name})",
                ratio <= 1.25,
            )
        )
    return results


def main() -> None:
    print(f"| {torch.get_num_threads()} threads, ms | " + " | ".join(WAYS) + " |")
    print("| --- |" + " ---: |" * len(WAYS))
    for case, row in table().items():
        print(f"| {case} | " + " | ".join(f"{ms:.1f}" for ms in row.values()) + " |", flush=True)


if __name__ == "__main__":
    main()
