"""CSV files as people, other programs and enemies write them."""

from __future__ import annotations

from random import Random

from tests.attack.hostile import SIGNS, junk

TARGET = "y"
_CELLS = (
    "", "nan", "inf", "-inf", "1e999", "1e-999", "1_000", "\uff11\uff12", "0x10", "1,5", " 1 ", "--1", "1e30", "1e31",
    "+1", "TRUE", "'1'", '"', '""', '"a""b"', "1.0", "1", "01", "9" * 400, "x" * 200_000, "=1+1", *SIGNS,
)  # fmt: skip


def csv(rng: Random) -> bytes:
    """A table of two classes with something wrong in it, or nothing."""
    rows = [["a", "b", TARGET], *([str(n), str(n * n % 7), ("no", "yes")[n % 2]] for n in range(40))]
    mark = rng.choice(",,,;\t|")
    for _ in range(rng.choice((0, 1, 1, 2))):
        _spoil(rng, rows)
    text = "".join(mark.join(row) + rng.choice(("\n", "\n", "\n", "\r\n")) for row in rows)
    return _written(rng, text)


def _spoil(rng: Random, rows: list[list[str]]) -> None:
    row = rng.choice(rows) if rng.random() < 0.8 else rows[0]
    column = rng.randrange(len(row)) if row else 0
    kind = rng.randrange(9)
    if kind <= 3:
        row[column : column + 1] = [rng.choice(_CELLS)]
    elif kind == 4:
        row[column:] = row[column:] * rng.choice((0, 2, 1000))
    elif kind == 5:
        rows[1:] = [] if rng.random() < 0.3 else rows[1 : rng.choice((2, 3, 5))]
    elif kind == 6:
        for cells in rows[1:]:
            cells[-1:] = [rng.choice(("1", "1.0", "01", " 1", "yes", "Yes"))]
    elif kind == 7:
        for number, cells in enumerate(rows):
            cells[:0] = [
                f"more {number} {place}" if not number else str(place) for place in range(rng.choice((3, 2000)))
            ]
    else:
        rows.insert(rng.randrange(len(rows) + 1), rng.choice(([], [""], ["#"], ["a", "b", TARGET], ["sep=,"])))


def _written(rng: Random, text: str) -> bytes:
    raw = text.encode(errors="surrogatepass")
    place = rng.randrange(len(raw) + 1)
    return rng.choice((
        lambda: raw, lambda: raw, lambda: raw, lambda: raw, lambda: b"\xef\xbb\xbf" + raw,
        lambda: text.encode("utf-16", "surrogatepass"), lambda: text.encode("latin-1", "replace"), lambda: raw[:place],
        lambda: raw[:place] + junk(rng, 5) + raw[place:], lambda: raw.replace(b"\n", b"\r"),
        lambda: raw + b"\0" * 9999, lambda: b"", lambda: b"\n" * 9999, lambda: junk(rng, 3000),
        lambda: raw[:place] + b'"' + raw[place:], lambda: b"a" * (5 << 20), lambda: raw + b"1,2,yes\n" * 300_000,
    ))()  # fmt: skip
