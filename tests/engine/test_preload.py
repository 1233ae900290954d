"""Torch's libraries are there before torch is imported, and torch works with them."""

from __future__ import annotations

import subprocess
import sys

import pytest

_CODE = """
import sys
from engine.preload import preload_torch
preload_torch().join()
assert "torch" not in sys.modules
print("libtorch_cpu.so" in open("/proc/self/maps").read())
import torch
print((torch.ones(2, 3) @ torch.ones(3, 2)).sum().item(), preload_torch())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the import loads them")
def test_the_libraries_are_loaded_without_python_and_torch_works_with_them() -> None:
    completed = subprocess.run([sys.executable, "-c", _CODE], capture_output=True, text=True)
    assert completed.stdout == "True\n12.0 None\n", completed.stderr
