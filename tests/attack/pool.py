"""Forked workers that run a program's `main` case after case, each under limits of time and memory.

A fork of a process that has everything imported costs some milliseconds where a new process costs seconds; and a
case that takes the whole process down, as a segmentation fault does, is seen from outside as what it is.
"""

from __future__ import annotations

import contextlib
import os
import resource
import selectors
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.attack.judge import Outcome

Attempt = Callable[[int], int]
# After Ctrl-C a case has so long to end.
GRACE = 3.0


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one case.

    Attributes
    ----------
    seconds : after which it is killed.
    memory : bytes of address space beyond what a worker begins with.
    cases : after so many a worker is replaced by a new one.
    interrupt : Ctrl-C first, for cases that may rightly train on.
    """

    seconds: float = 20.0
    memory: int = 2 << 30
    cases: int = 500
    interrupt: bool = False


@dataclass
class _Worker:
    pid: int
    tasks: int
    answers: int
    out: int
    err: int
    served: int = 0
    number: int = 0
    began: float = field(default_factory=time.monotonic)
    interrupted: bool = False

    def outcome(self, code: int | None) -> Outcome:
        took = time.monotonic() - self.began
        return Outcome(code, _written(self.out), _written(self.err), took)


def forked(numbers: Iterable[int], attempt: Attempt, workers: int, limits: Limits) -> Iterator[tuple[int, Outcome]]:
    """Try `attempt(number)`, which returns an exit code, for each number; the outcomes in the order in which they come.

    What an attempt writes on file descriptors 1 and 2 is its output; what it raises is its own traceback there.
    """
    waiting = iter(numbers)
    selector = selectors.DefaultSelector()
    busy: dict[int, _Worker] = {}

    def give(worker: _Worker | None) -> None:
        """The next case to a worker, to a new one where there is none or it has served its time."""
        number = next(waiting, None)
        if worker is not None and (number is None or worker.served >= limits.cases):
            _retire(worker)
            worker = None
        if number is None:
            return
        if worker is None:
            worker = _hire(attempt, limits, busy.values())
        worker.number, worker.began, worker.interrupted = number, time.monotonic(), False
        worker.served += 1
        os.write(worker.tasks, b"%d\n" % number)
        busy[worker.answers] = worker
        selector.register(worker.answers, selectors.EVENT_READ)

    for _ in range(workers):
        give(None)
    try:
        while busy:
            for key, _ in selector.select(timeout=0.2):
                worker = busy.pop(key.fd)
                selector.unregister(key.fd)
                if answer := os.read(key.fd, 100):
                    yield worker.number, worker.outcome(int(answer))
                    give(worker)
                else:
                    _, status = os.waitpid(worker.pid, 0)
                    yield worker.number, worker.outcome(os.waitstatus_to_exitcode(status))
                    _close(worker)
                    give(None)
            for worker in list(busy.values()):
                if _is_late(worker, limits):
                    busy.pop(worker.answers)
                    selector.unregister(worker.answers)
                    os.kill(worker.pid, signal.SIGKILL)
                    os.waitpid(worker.pid, 0)
                    yield worker.number, worker.outcome(None)
                    _close(worker)
                    give(None)
    finally:
        for worker in busy.values():
            os.kill(worker.pid, signal.SIGKILL)
            os.waitpid(worker.pid, 0)
        selector.close()


def _is_late(worker: _Worker, limits: Limits) -> bool:
    """Whether to kill it; where the limits say so it is interrupted before."""
    late = time.monotonic() - worker.began - limits.seconds
    if late < 0 or not limits.interrupt:
        return late >= 0
    if not worker.interrupted:
        worker.interrupted = True
        os.kill(worker.pid, signal.SIGINT)
    return late > GRACE


def _hire(attempt: Attempt, limits: Limits, others: Iterable[_Worker]) -> _Worker:
    tasks, answers, out, err = os.pipe(), os.pipe(), _file(), _file()
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid == 0:
        for other in others:  # or it would hold open what tells them that there is nothing more to do
            os.close(other.tasks)
        os.close(tasks[1])
        os.close(answers[0])
        _serve(attempt, limits, tasks[0], answers[1], out, err)
    os.close(tasks[0])
    os.close(answers[1])
    return _Worker(pid, tasks[1], answers[0], out, err)


def _serve(attempt: Attempt, limits: Limits, tasks: int, answers: int, out: int, err: int) -> None:
    nothing = os.open(os.devnull, os.O_RDONLY)
    for target, fd in ((0, nothing), (1, out), (2, err)):
        os.dup2(fd, target)
    sys.stdin = os.fdopen(0)
    sys.stdout = os.fdopen(1, "w", encoding="utf-8")
    sys.stderr = os.fdopen(2, "w", encoding="utf-8", buffering=1)
    most = _address_space() + limits.memory
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with open(tasks) as lines:
        for line in lines:
            os.ftruncate(1, 0)
            os.ftruncate(2, 0)
            try:
                code = attempt(int(line))
                sys.stdout.flush()
            except BaseException:  # of the program's, which may not raise anything
                traceback.print_exc()
                code = 1
            with contextlib.suppress(ValueError, OSError):
                sys.stderr.flush()
            os.write(answers, b"%d\n" % code)
    os._exit(0)


def _retire(worker: _Worker) -> None:
    os.close(worker.tasks)
    os.waitpid(worker.pid, 0)
    _close(worker, tasks=False)


def _close(worker: _Worker, tasks: bool = True) -> None:
    for fd in (worker.answers, worker.out, worker.err, *([worker.tasks] if tasks else [])):
        os.close(fd)


def _file() -> int:
    """A file without a name, written at its end however often it is emptied."""
    with tempfile.NamedTemporaryFile() as file:
        return os.open(file.name, os.O_RDWR | os.O_APPEND)


def _written(fd: int) -> bytes:
    return os.pread(fd, 1 << 20, 0)


def _address_space() -> int:
    return int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGESIZE")
