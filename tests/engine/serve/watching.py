"""A process that looks at a served run and says what it sees: `python -m tests.engine.serve.watching SOCKET`."""

import sys
import time
from pathlib import Path

from engine.client import RemoteWorker
from engine.events import to_json


def main(path: str) -> None:
    worker = RemoteWorker.connect(Path(path))
    print(f"torch: {'torch' in sys.modules}", flush=True)
    while True:
        for event in worker.news():
            print(to_json(event), flush=True)
        time.sleep(0.005)


if __name__ == "__main__":
    main(*sys.argv[1:])
