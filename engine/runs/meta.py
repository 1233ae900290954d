"""What a run's file tells of the run as a whole: dataclasses that stand in it as JSON."""

from __future__ import annotations

import platform
import socket
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import metadata
from typing import Literal

from engine.runs.owner import Owner

State = Literal["running", "finished", "stopped", "failed", "dead"]
STATES: tuple[State, ...] = ("running", "finished", "stopped", "failed", "dead")


@dataclass(frozen=True, slots=True)
class Environment:
    """Where and with what a run was trained, from `epoch` on.

    Attributes
    ----------
    time : when it began there, seconds since 1970.
    command : the command line.
    versions : of `regtui`, `torch`, `cuda` (where there is one), `python`.
    device : of torch, and its name.
    threads : that torch computes on; 0 where it is not known.
    epoch, batch : the place from which on.
    """

    time: float
    command: tuple[str, ...] = ()
    versions: dict[str, str] = field(default_factory=dict)
    device: str = ""
    host: str = ""
    system: str = ""
    threads: int = 0
    epoch: int = 0
    batch: int = 0

    @classmethod
    def here(cls, device: str = "", command: tuple[str, ...] | None = None) -> Environment:
        """This process. Torch's own facts are included where it has been imported.

        Parameters
        ----------
        device : as torch writes it: `cpu`, `cuda:0`.
        """
        versions = {"regtui": _version("regtui"), "torch": _version("torch"), "python": platform.python_version()}
        threads = 0
        if torch := sys.modules.get("torch"):
            versions["torch"] = str(torch.__version__)
            threads = torch.get_num_threads()
            if device.startswith("cuda"):
                versions["cuda"] = str(torch.version.cuda)
                device = f"{device} ({torch.cuda.get_device_name(device)})"
        return cls(
            time=time.time(),
            command=tuple(sys.argv) if command is None else command,
            versions=versions,
            device=device,
            host=socket.gethostname(),
            system=f"{platform.system()} {platform.machine()}",
            threads=threads,
        )

    def differences(self, other: Environment) -> list[str]:
        """What keeps training in `other` from giving the same numbers bit for bit, a few words each."""
        if not self.device:  # it ended before its lab stood: there are no numbers from there
            return []
        pairs = {
            "device": (self.device, other.device),
            "torch": (self.versions.get("torch", ""), other.versions.get("torch", "")),
            "CUDA": (self.versions.get("cuda", ""), other.versions.get("cuda", "")),
            "threads": (str(self.threads), str(other.threads)),
            "system": (self.system, other.system),
        }
        return [f"{name} {then or '-'} then, {now or '-'} now" for name, (then, now) in pairs.items() if then != now]


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


@dataclass(frozen=True, slots=True)
class DataPrint:
    """The data of some arms: enough to know them again.

    Attributes
    ----------
    source : by name, as in `data.source`.
    arms : which arms are trained on them.
    train, validation, test : counts of examples.
    features : the length of an input.
    sha256 : over all inputs and targets, as they are trained on.
    seeds : under which they were split; empty where that was not written down.
    """

    source: str
    arms: tuple[str, ...]
    train: int
    validation: int
    test: int
    features: int
    sha256: str
    seeds: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Identity:
    """What never changes of a run: its id, the preset's name, and when it began (seconds since 1970)."""

    id: str
    preset: str
    arms: tuple[str, ...]
    seeds: tuple[int, ...]
    began: float


@dataclass(frozen=True, slots=True)
class Standing:
    """How the run stands: its state as its process last wrote it, and that process."""

    state: str
    owner: Owner
    ended: float | None = None


@dataclass(frozen=True, slots=True)
class Best:
    """The lowest validation loss that any lane has had."""

    val_loss: float
    arm: str
    seed: int
    epoch: int


@dataclass(frozen=True, slots=True)
class Progress:
    """How much is in the file, written with everything else in the same transaction.

    Attributes
    ----------
    time : of that transaction, seconds since 1970.
    attempt : how often the run was started again.
    generation : grows where a reader must begin anew: at a start and at a resume.
    epoch : the newest.
    epochs : the length of the longest arm, as set.
    events, commands, checkpoints : the highest numbers given.
    outcome : how the present attempt has come to its end, finished, stopped or failed; empty while it trains. Its
        process may still have the file open, and may begin another attempt.
    """

    time: float = 0.0
    attempt: int = 0
    generation: int = 0
    epoch: int = 0
    epochs: int = 0
    events: int = 0
    commands: int = 0
    checkpoints: int = 0
    best: Best | None = None
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class RunMeta:
    """All of it.

    Attributes
    ----------
    name, notes : the user's own; empty where there are none.
    environments : where it was trained; one more for each resume.
    data : the data's fingerprints; empty while they are not known.
    missing : ranges of epochs, both ends included, of which some were not recorded.
    bytes : of the file.
    branches : by attempt, the attempt that it goes on with and up to which epoch.
    unsummarized : the attempts whose least and greatest over blocks of epochs are not in the file.
    """

    identity: Identity
    name: str
    notes: str
    environments: tuple[Environment, ...]
    data: tuple[DataPrint, ...]
    standing: Standing
    progress: Progress
    missing: tuple[tuple[int, int], ...] = ()
    bytes: int = 0
    branches: Mapping[int, tuple[int, int]] = field(default_factory=dict)
    unsummarized: tuple[int, ...] = ()

    @property
    def lineage(self) -> tuple[int, ...]:
        """The attempt that the run is in, the one that it branches off, and so on to the first of them."""
        found = [self.progress.attempt]
        while (branch := self.branches.get(found[-1])) is not None and branch[0] < found[-1]:
            found.append(branch[0])
        return tuple(found)

    @property
    def id(self) -> str:
        return self.identity.id

    @property
    def environment(self) -> Environment:
        """The newest."""
        return self.environments[-1]

    @property
    def is_open(self) -> bool:
        """Whether the process that writes it is still there, be it training or only showing how the run has ended."""
        return self.standing.state == "running" and self.standing.owner.lives(self.progress.time)

    @property
    def state(self) -> State:
        """`dead` where its process is gone without a word before the run was over."""
        if self.standing.state != "running":
            word = self.standing.state
        elif self.progress.outcome:
            word = self.progress.outcome
        else:
            word = "running" if self.is_open else "dead"
        return next((state for state in STATES if state == word), "dead")

    @property
    def is_here(self) -> bool:
        """Whether it was last written on this host."""
        return self.standing.owner.host == socket.gethostname()
