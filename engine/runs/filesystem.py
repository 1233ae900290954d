"""Whether a folder lies on a file system that several hosts share, where SQLite's write-ahead log may not be used."""

from __future__ import annotations

import os
import re
from pathlib import Path

# The log needs memory that all readers share: on these each host would have its own.
_SHARED = {
    "9p", "acfs", "afs", "beegfs", "ceph", "cifs", "gfs", "gfs2", "glusterfs", "gpfs", "lustre", "ncpfs", "nfs", "nfs4",
    "ocfs2", "orangefs", "panfs", "prl_fs", "pvfs2", "smb2", "smb3", "smbfs", "vboxsf", "virtiofs", "vmhgfs", "wekafs",
}  # fmt: skip
# On a disk of this machine; any other that runs in user space may be anywhere (sshfs, s3fs, rclone).
_LOCAL_FUSE = {
    "fuseblk",
    "fuse.ntfs-3g",
    "fuse.ntfs",
    "fuse.exfat",
    "fuse.fuse-overlayfs",
    "fuse.ext2",
    "fuse.mergerfs",
}


def is_shared(folder: Path, mounts: Path = Path("/proc/self/mounts")) -> bool:
    """Whether the folder's file system may be written by other hosts too; False where the system does not tell.

    Parameters
    ----------
    mounts : where the system lists what is mounted.
    """
    kind = _kind_of(os.path.realpath(folder), mounts)
    return kind in _SHARED or (kind.startswith("fuse") and kind not in _LOCAL_FUSE)


def _kind_of(folder: str, mounts: Path) -> str:
    try:
        lines = mounts.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return ""
    kind, longest = "", -1
    for words in map(str.split, lines):
        if len(words) < 3:
            continue
        place = re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), words[1])
        inside = folder == place or folder.startswith(place.rstrip("/") + "/")
        # Of two on one place the later hides the earlier.
        if inside and len(place) >= longest:
            kind, longest = words[2], len(place)
    return kind
