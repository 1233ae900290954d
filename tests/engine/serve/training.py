"""A process that trains a small run and serves it, until its stdin ends: `python -m tests.engine.serve.training`."""

import sys
from pathlib import Path

from engine.serve import Server
from engine.worker import Worker
from tests.engine.small import load_small, preset_of


def main(runs: str, run: str, speed: str) -> None:
    preset = preset_of(
        {"training.epochs": 1_000_000, "training.batch_size": 1000, "training.seeds": [0, 1]}, {"a": {}, "b": {}}
    )
    worker = Worker(preset, "cpu", speed=float(speed) or None, load=load_small)
    server = Server(worker, Path(runs), run)
    server.start()
    worker.start()
    print(server.path, flush=True)
    sys.stdin.read()
    worker.close()
    server.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
