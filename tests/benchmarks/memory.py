"""Peak resident memory of runs of three sizes, each in a process of its own; of the largest also what it spends on
measuring the training loss."""

from __future__ import annotations

import json
import subprocess
import sys

from tests.benchmarks.result import Result

_RUN = """
import json, resource, sys, time
import torch
from engine.data import Task
from engine.lab import Lab
from engine.preset import load_preset, read_preset

def of_cifar_size(data, seeds, device, dtype, report=None):
    numbers = torch.Generator().manual_seed(0)
    def part(count):
        y_N = torch.randint(10, (count,), generator=numbers)
        x_NI = torch.empty(1, count, 3072).uniform_(generator=numbers)
        return x_NI, y_N.unsqueeze(0)
    tensors = {}
    for name, count in (("train", 50_000), ("val", 2_000), ("test", 2_000)):
        tensors[f"{name}_x_SNI"], tensors[f"{name}_y_SN"] = part(count)
    from engine.data.split import measured
    places_M = measured(tensors["train_y_SN"][0].numpy(), data.train_eval, 0)
    return Task(**tensors, features=3072, classes=10, image_shape=None, class_names=tuple("0123456789"),
                measured_SM=torch.from_numpy(places_M).unsqueeze(0))

wide = '''
[data]
source = "digits"
split = "first"
[model]
hidden = [512, 512]
[training]
epochs = 1
batch_size = 100
seeds = [0]
'''
many = "[model]\\nhidden = [100, 100]\\n[training]\\nepochs = 3\\nseeds = [" + ", ".join(map(str, range(64))) + "]\\n"
size = sys.argv[1]
if size == "default":
    lab = Lab(load_preset("clouds", epochs=20), "cpu")
elif size == "64 lanes":
    lab = Lab(read_preset(many), "cpu")
else:
    lab = Lab(read_preset(wide), "cpu", load=of_cifar_size)
began = time.perf_counter()
list(lab.run())
took = time.perf_counter() - began
stack = lab.stacks[0]
began = time.perf_counter()
stack._evaluate(*stack._measured_train)
measuring = time.perf_counter() - began
data = sum(getattr(stack.task, name).nbytes for name in ("train_x_SNI", "val_x_SNI", "test_x_SNI"))
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
print(json.dumps([peak, data, measuring / took]))
"""


def memory() -> list[Result]:
    """The default preset, 64 lanes of two layers of 100, and 50,000 examples of 3,072 numbers."""
    import_alone = _of(
        "import torch, resource; print([resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024, 0, 0])"
    )
    results = [Result("peak memory of `import torch` alone", "-", f"{import_alone[0] / 1e6:.0f} MB", None)]
    for size in ("default", "64 lanes", "CIFAR size"):
        peak, data, share = _of(_RUN, size)
        words = f"{peak / 1e6:.0f} MB"
        if size != "CIFAR size":
            results.append(Result(f"peak memory: {size}", "-", words, None))
            continue
        more = (peak - import_alone[0] - data) / data
        results += [
            Result(
                "peak memory: 50,000 x 3,072 numbers, an MLP 512-512",
                "no second copy of the data",
                f"{words}, of which {data / 1e6:.0f} MB data; all else takes {100 * more:.0f} % of these",
                more < 1,
            ),
            Result(
                "measuring the training loss there, on 10,000 examples",
                "at most 15 % of an epoch",
                f"{100 * share:.0f} %",
                share <= 0.15,
            ),
        ]
    return results


def _of(code: str, *arguments: str) -> list[float]:
    completed = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True)
    numbers: list[float] = json.loads(completed.stdout)
    return numbers
