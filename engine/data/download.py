"""Files from the network, silently: progress goes to a callback, and no half file is ever left under its name."""

from __future__ import annotations

import hashlib
import http.client
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

from engine.data.reading import LARGEST
from engine.files import written

TIMEOUT = 10.0  # seconds of silence after which a server is given up
_CHUNK = 1 << 16


def download(urls: Sequence[str], path: Path, md5: str, progress: Callable[[float | None], None]) -> None:
    """Fetch `path` from the first of `urls` that has it.

    torchvision's own `download=True` is not used: it draws a progress bar on stderr, knows no timeout, and leaves
    the part of a file that had come under the file's name.

    Parameters
    ----------
    progress : called about every percent with the share that is there, 0 to 1, or None where the size is unknown.

    Raises
    ------
    OSError
        The reason why the last url failed (urllib's errors are OSErrors too).
    """
    failure: Exception = OSError("no address to download from")
    for url in urls:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with written(path) as file:
                if _copy(url, file, progress) != md5:
                    raise OSError("sent something else than the file expected")
            return
        except (OSError, http.client.HTTPException, ValueError) as error:
            failure = error
    raise OSError(" ".join(str(failure).split()) or type(failure).__name__) from failure


def _copy(url: str, file: IO[bytes], progress: Callable[[float | None], None]) -> str:
    """Copy what lies at `url` into `file`; its md5, which guards against accidents only."""
    digest = hashlib.md5(usedforsecurity=False)
    request = urllib.request.Request(url, headers={"User-Agent": "regtui"})
    with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
        total, read, reported = int(answer.headers.get("Content-Length") or 0), 0, -1
        while chunk := answer.read(_CHUNK):
            file.write(chunk)
            digest.update(chunk)
            read += len(chunk)
            if read > LARGEST:
                raise OSError(f"sends more than {LARGEST:,} bytes")
            percent = 100 * read // total if total else read >> 20
            if percent != reported:
                reported = percent
                progress(min(1.0, read / total) if total else None)
    return digest.hexdigest()
