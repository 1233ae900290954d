"""A real sshd on the loopback, of the present user, with a key of its own; and terminals that log in to it."""

from __future__ import annotations

import contextlib
import getpass
import os
import shlex
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tests.terminal import Terminal

SSHD = "/usr/sbin/sshd"
# Debian's sshd wants this folder where it runs as root; the system makes it when it starts the service.
_SEPARATED = Path("/run/sshd")
_CONFIG = """\
Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host
AuthorizedKeysFile {folder}/user.pub
PidFile none
UsePAM no
StrictModes no
PasswordAuthentication no
PermitRootLogin prohibit-password
PrintMotd no
PrintLastLog no
"""


def why_no_sshd() -> str:
    """Why none can be had here; empty where one can."""
    missing = [name for name in ("ssh", "ssh-keygen") if shutil.which(name) is None]
    missing += [] if Path(SSHD).exists() else [SSHD]
    return f"{', '.join(missing)}: not installed" if missing else ""


class Sshd:
    """A running one, and how it is logged in to."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        for name in ("host", "user"):
            make = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)]
            subprocess.run(make, check=True, stdin=subprocess.DEVNULL)
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        (folder / "config").write_text(_CONFIG.format(port=self.port, folder=folder))
        self._made = os.geteuid() == 0 and not _SEPARATED.exists()
        if self._made:
            _SEPARATED.mkdir(mode=0o755)
        with (folder / "log").open("w") as log:
            self._process = subprocess.Popen(
                [SSHD, "-D", "-e", "-f", str(folder / "config")], stdin=subprocess.DEVNULL, stderr=log
            )
        self._wait()

    def _wait(self) -> None:
        end = time.monotonic() + 20
        while True:
            assert self._process.poll() is None, (self._folder / "log").read_text()
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            assert time.monotonic() < end
            time.sleep(0.02)

    def terminal(
        self,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        folder: Path,
        columns: int = 120,
        lines: int = 36,
    ) -> Terminal:
        """A terminal in which ssh has logged in and started a program in `folder`."""
        set_up = [f"{name}={value}" for name, value in environment.items()]
        command = f"cd {shlex.quote(str(folder))} && exec {shlex.join(['env', *set_up, *arguments])}"
        ssh = shutil.which("ssh")
        assert ssh is not None
        options = (
            "-F", "none", "-tt", "-q", "-p", str(self.port), "-i", str(self._folder / "user"),
            "-o", "IdentitiesOnly=yes", "-o", "IdentityAgent=none", "-o", "BatchMode=yes",
            "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
        )  # fmt: skip
        return Terminal([ssh, *options, f"{getpass.getuser()}@127.0.0.1", command], columns, lines)

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(10)
        if self._made:
            with contextlib.suppress(OSError):
                _SEPARATED.rmdir()


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[Sshd]:
    """An sshd whose keys lie in `folder`."""
    sshd = Sshd(folder)
    try:
        yield sshd
    finally:
        sshd.close()
