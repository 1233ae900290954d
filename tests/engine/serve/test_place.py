"""Where sockets lie: for one person only, and none that is dead."""

from __future__ import annotations

import os
import socket
import stat
from pathlib import Path

import pytest

from engine.serve.place import bind, is_of_this_person, living_sockets, socket_folder, socket_folders, socket_path


def test_the_folder_is_the_session_s_own_where_there_is_one_else_beside_the_runs(place: Path) -> None:
    runs = place / "runs"
    beside = socket_folder(runs)
    assert beside == runs / "sockets"
    (place / "runtime").mkdir()
    assert socket_folder(runs) == place / "runtime" / "regtui"
    assert stat.S_IMODE(beside.stat().st_mode) == stat.S_IMODE(socket_folder(runs).stat().st_mode) == 0o700
    assert list(socket_folders(place / ("x" * 90))) == [
        place / "runtime" / "regtui", place / f"regtui-{os.geteuid()}"
    ]  # fmt: skip


def test_a_folder_that_others_can_enter_is_closed_to_them_and_a_link_is_not_used(place: Path) -> None:
    runs = place / "runs"
    (runs / "sockets").mkdir(parents=True, mode=0o777)
    (runs / "sockets").chmod(0o777)
    with bind(runs / "sockets" / "run.sock"):
        assert living_sockets(runs) == {}
    assert socket_folder(runs) == runs / "sockets"
    assert stat.S_IMODE(socket_folder(runs).stat().st_mode) == 0o700
    (runs / "sockets").rename(runs / "elsewhere")
    (runs / "sockets").symlink_to(runs / "elsewhere")
    assert socket_folder(runs) == place / f"regtui-{os.geteuid()}"


@pytest.mark.parametrize("run", ["", ".", "../x", "a/b", "x" * 33, "a\n", ".hidden", "ä"])
def test_a_run_whose_id_is_no_name_has_no_socket(run: str, place: Path) -> None:
    with pytest.raises(ValueError, match="must be up to 32"):
        socket_path(place, run)


def test_stale_sockets_are_removed_living_ones_and_other_files_stay(place: Path) -> None:
    runs = place / "runs"
    folder = socket_folder(runs)
    bind(socket_path(folder, "stale")).close()
    (folder / "odd.sock").write_text("no socket")
    with bind(socket_path(folder, "living")):
        assert living_sockets(runs) == {"living": folder / "living.sock", "odd": folder / "odd.sock"}
        assert sorted(path.name for path in folder.iterdir()) == ["living.sock", "odd.sock"]
        with pytest.raises(FileExistsError, match="another process trains this run"):
            bind(socket_path(folder, "living"))
    with bind(socket_path(folder, "living")) as again:  # the one before has ended without removing it
        assert again.getsockname()
        assert stat.S_IMODE((folder / "living.sock").stat().st_mode) == 0o600


def test_the_peer_s_user_is_known(place: Path) -> None:
    path = place / "s"
    with bind(path) as listening, socket.socket(socket.AF_UNIX) as ours:
        ours.connect(str(path))
        assert is_of_this_person(ours)
        listening.setblocking(True)
        with listening.accept()[0] as theirs:
            assert is_of_this_person(theirs)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_another_user_is_not_this_person(place: Path) -> None:
    path = place / "s"
    with bind(path) as listening:
        listening.setblocking(True)
        place.chmod(0o755)
        path.chmod(0o666)
        if (pid := os.fork()) == 0:
            try:
                os.setuid(65534)
                with socket.socket(socket.AF_UNIX) as other:
                    other.connect(str(path))
                    os._exit(0)
            finally:
                os._exit(1)
        with listening.accept()[0] as connection:
            assert not is_of_this_person(connection)
        assert os.waitpid(pid, 0)[1] == 0
