"""Promises of written files: whole or not there, the old one never lost; on real disks, in real processes."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from engine.files import LONGEST_NAME, file_name, written


def write(path: Path, text: bytes = b"new", **options) -> None:
    with written(path, **options) as file:
        file.write(text)


def write_half(path: Path, error: type[BaseException]) -> None:
    with written(path) as file:
        file.write(b"half")
        raise error


def names(folder: Path) -> list[str]:
    return sorted(os.listdir(folder))


def program(code: str, *arguments: object) -> list[str]:
    """A Python program of its own that has `written`."""
    begin = "import os, sys\nfrom pathlib import Path\nfrom engine.files import written\n"
    return [sys.executable, "-c", begin + textwrap.dedent(code), *map(str, arguments)]


def test_a_file_is_there_when_it_is_whole_and_not_before(tmp_path):
    path = tmp_path / "a"
    with written(path) as file:
        file.write(b"whole")
        file.flush()
        assert not path.exists()
    assert path.read_bytes() == b"whole"
    assert names(tmp_path) == ["a"]


def test_what_fails_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"old")
    for error in (OSError, ValueError, KeyboardInterrupt):
        with pytest.raises(error):
            write_half(path, error)
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["a"]


FILL = """
    try:
        with written(Path(sys.argv[1])) as file:
            for _ in range(1000):
                file.write(bytes(1000))
    except OSError as error:
        print(error.errno, *sorted(os.listdir(Path(sys.argv[1]).parent)))
        sys.exit(Path(sys.argv[1]).read_bytes() != b"old")
    sys.exit(2)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs resource")
def test_a_limit_on_files_that_is_reached_leaves_the_old_file(tmp_path):
    (tmp_path / "a").write_bytes(b"old")
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))\n"
    completed = subprocess.run(program(limit + textwrap.dedent(FILL), tmp_path / "a"), capture_output=True, text=True)
    assert (completed.returncode, completed.stdout.split()[1:]) == (0, ["a"]), completed


def test_a_full_disk_leaves_the_old_file(tmp_path):
    small = 'mount -t tmpfs -o size=64k small $0 && printf old > $0/a && exec "$@"'
    alone = ["unshare", "-rm", "sh", "-c", small, str(tmp_path)]
    try:
        subprocess.run([*alone, "true"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no disk of its own can be mounted here")
    completed = subprocess.run([*alone, *program(FILL, tmp_path / "a")], capture_output=True, text=True)
    assert (completed.returncode, completed.stdout.split()) == (0, ["28", "a"]), completed


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_a_process_killed_while_it_writes_leaves_the_old_file(tmp_path):
    (tmp_path / "a").write_bytes(b"old")
    writing = """
        with written(Path(sys.argv[1])) as file:
            file.write(bytes(100_000))
            file.flush()
            print("half", flush=True)
            sys.stdin.read()
    """
    with subprocess.Popen(program(writing, tmp_path / "a"), stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"half\n"
        process.send_signal(signal.SIGKILL)
    assert (tmp_path / "a").read_bytes() == b"old"


def test_writers_at_once_of_one_name_each_find_it_free_or_taken(tmp_path):
    racing = """
        sys.stdin.readline()
        won = 0
        for number in range(40):
            try:
                with written(Path(sys.argv[1]) / str(number), replace=False) as file:
                    file.write(sys.argv[2].encode() * 1000)
                won += 1
            except FileExistsError:
                pass
        print(won)
    """
    racers = [
        subprocess.Popen(program(racing, tmp_path, who), stdin=subprocess.PIPE, stdout=subprocess.PIPE) for who in "abc"
    ]
    for racer in racers:
        racer.stdin.write(b"go\n")
        racer.stdin.flush()
    won = {who: int(racer.communicate()[0]) for who, racer in zip("abc", racers, strict=True)}
    assert names(tmp_path) == sorted(map(str, range(40)))
    texts = [path.read_text() for path in tmp_path.iterdir()]
    assert {who: texts.count(who * 1000) for who in "abc"} == won
    assert sum(won.values()) == 40


@pytest.mark.parametrize("links", [True, False])
def test_a_name_that_is_taken_is_refused_even_where_it_was_taken_meanwhile(tmp_path, monkeypatch, links):
    if not links:  # as on a memory stick, which cannot be had here

        def none(*_):
            raise PermissionError(1, "Operation not permitted")

        monkeypatch.setattr(os, "link", none)
    path = tmp_path / "a"
    write(path, b"mine", replace=False)
    assert names(tmp_path) == ["a"]
    with pytest.raises(FileExistsError):
        write(path, replace=False)
    path.unlink()
    meanwhile = written(path, replace=False)
    meanwhile.__enter__().write(b"new")
    path.write_bytes(b"another's")
    with pytest.raises(FileExistsError):
        meanwhile.__exit__(None, None, None)
    assert path.read_bytes() == b"another's"
    path.unlink()
    path.symlink_to("nowhere")
    with pytest.raises(FileExistsError):
        write(path, replace=False)
    assert names(tmp_path) == ["a"]


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX permissions")
def test_permissions_are_kept_and_new_files_have_the_usual_ones(tmp_path):
    path = tmp_path / "a"
    before = os.umask(0o027)
    try:
        write(path)
        assert stat.S_IMODE(path.stat().st_mode) == 0o640
        for mode in (0o600, 0o755, 0o664):
            path.chmod(mode)
            with written(path) as file:
                aside = next(file for file in tmp_path.iterdir() if file != path)
                assert stat.S_IMODE(aside.stat().st_mode) == 0o600  # nobody else reads a private file meanwhile
                file.write(b"again")
            assert stat.S_IMODE(path.stat().st_mode) == mode
    finally:
        os.umask(before)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives files away")
def test_the_owner_is_kept_where_that_is_allowed(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"old")
    os.chown(path, 1234, 1235)
    write(path)
    assert (path.stat().st_uid, path.stat().st_gid, path.read_bytes()) == (1234, 1235, b"new")


def test_of_a_link_the_file_it_leads_to_is_written(tmp_path):
    (tmp_path / "far").mkdir()
    (tmp_path / "far" / "file").write_bytes(b"old")
    for name, to in (("a", "far/file"), ("b", "a"), ("c", "far/none yet")):
        (tmp_path / name).symlink_to(to)
        write(tmp_path / name, name.encode())
        assert (tmp_path / name).is_symlink()
        assert (tmp_path / name).resolve().read_bytes() == name.encode()
    assert names(tmp_path / "far") == ["file", "none yet"]
    assert names(tmp_path) == ["a", "b", "c", "far"]


def test_what_is_no_file_is_not_replaced(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_bytes(b"old")
    (tmp_path / "circle").symlink_to("circle")
    os.mkfifo(tmp_path / "pipe")
    for path in ("folder", "circle", "pipe", "file/a", "no/such/a", "x" * 260, "\ud800", "a\0b"):
        for replace in (True, False):
            with pytest.raises((OSError, ValueError)):
                write(tmp_path / path, replace=replace)
    assert names(tmp_path) == ["circle", "file", "folder", "pipe"]


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("dropout", "dropout.svg"),
        ("../../etc/a b", "etc-a-b.svg"),
        ("\x1b]52;c;x\x07 \x9b1m \ud800|?*", "52-c-x-1m.svg"),
        ("Größe 模型", "Größe-模型.svg"),
        ("a" * 300, "a" * 251 + ".svg"),
        ("é" * 300, "é" * 125 + ".svg"),
    ],
)
def test_any_words_make_a_name_that_a_file_can_have(tmp_path, words, name):
    assert file_name(words, ".svg") == name
    assert len(name.encode()) <= LONGEST_NAME
    write(tmp_path / name)
    assert names(tmp_path) == [name]
