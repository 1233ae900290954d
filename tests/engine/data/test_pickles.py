"""Pickles read without pickle: what CIFAR's files hold, and nothing of what a forged one asks for."""

from __future__ import annotations

import contextlib
import hashlib
import pickle
import struct
import time

import numpy as np
import pytest

from engine.data.checksums import MD5
from engine.data.cifar import read_batch, read_class_names
from engine.data.pickles import read_plain
from tests.engine.data import python2

CLASSES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
PIXELS = np.random.default_rng(0).integers(0, 256, (4, 3072), dtype=np.uint8)


def test_the_format_is_that_of_the_true_file_to_the_byte():
    true = python2.dumps({"num_cases_per_batch": 10000, "label_names": CLASSES, "num_vis": 3072})
    assert hashlib.md5(true).hexdigest() == MD5["cifar10"]["batches.meta"]
    assert read_class_names(true, "label_names", 10) == tuple(CLASSES)


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_plain_values_are_those_that_pickle_reads(protocol):
    values = {"a": [1, -1, 255, 256, 70000, -(2**62), True, None], "b": ("x", (), (1, 2, 3, 4)), "c": {"d": [[]]}}
    raw = pickle.dumps(values, protocol=protocol)
    assert read_plain(raw) == pickle.loads(raw) == values


@pytest.mark.parametrize("protocol", ["python 2", 3, 4, 5])
def test_a_batch_is_what_was_written(protocol):
    held = {"data": PIXELS, "labels": [0, 9, 3, 3], "filenames": ["a.png"] * 4}
    raw = python2.dumps(held) if protocol == "python 2" else pickle.dumps(held, protocol=protocol)
    batch = read_batch(raw, "labels", 10)
    assert np.array_equal(batch.x_NI, PIXELS)
    assert batch.x_NI.dtype == np.uint8
    assert batch.y_N.tolist() == [0, 9, 3, 3]


def test_a_batch_of_the_true_size_is_read_in_time():
    held = {"data": np.zeros((50_000, 3072), np.uint8), "fine_labels": [number % 100 for number in range(50_000)]}
    held["filenames"] = [f"image_{number:06}.png" for number in range(50_000)]
    raw = python2.dumps({**held, "coarse_labels": [0] * 50_000})
    start = time.process_time()
    assert len(read_batch(raw, "fine_labels", 100)) == 50_000
    assert time.process_time() - start < 5


@pytest.mark.parametrize("label", [-1, 10, 2**40, -(2**62), True, None, "3", 1.5, [0]])
@pytest.mark.parametrize("place", [0, 3])
def test_labels_are_numbers_of_classes(label, place):
    labels = [0, 1, 2, 3]
    labels[place] = label
    with pytest.raises(ValueError, match=r"a label is|opcode"):
        read_batch(pickle.dumps({"data": PIXELS, "labels": labels}), "labels", 10)


@pytest.mark.parametrize(
    "data",
    [
        PIXELS.astype("u2"),
        PIXELS.view("i1"),
        PIXELS.astype("S1"),
        PIXELS.astype(object),
        np.zeros((4, 3072), [("a", "u1")]),
        np.zeros((4, 3072), ("u1", (1,)))[..., 0].astype("V1"),
        np.asfortranarray(PIXELS),
        PIXELS[:3],
        PIXELS[:, :-1],
        PIXELS.reshape(3072, 4),
        PIXELS.ravel(),
        [0] * 4,
        b"\0" * 4 * 3072,
        None,
    ],
)
@pytest.mark.parametrize("protocol", [3, 4, 5])
def test_data_that_are_no_images_of_bytes_are_refused(data, protocol):
    raw = pickle.dumps({"data": data, "labels": [0, 1, 2, 3]}, protocol=protocol)
    with pytest.raises(ValueError, match=r"its data are no|not images of|opcode|does not belong"):
        read_batch(raw, "labels", 10)


def forged(dtype: bytes, state: bytes, shape: bytes = b"K\x04M\x00\x0c\x86", size: int = 4 * 3072) -> bytes:
    """A batch whose array's dtype is of this name and state, written by hand."""
    return (
        b"\x80\x02}(U\x04datacnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R(K\x01"
        + shape + b"cnumpy\ndtype\n" + dtype + b"K\x00K\x01\x87R" + state + b"b\x89T" + struct.pack("<i", size)
        + b"A" * size + b"tbU\x06labels](K\x00K\x01K\x02K\x03eu."
    )  # fmt: skip


PLAIN = b"(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00t"


def test_the_forged_batches_are_read_but_for_what_is_forged_in_them():
    assert len(read_batch(forged(b"U\x02u1", PLAIN), "labels", 10)) == 4


@pytest.mark.parametrize(
    "raw",
    [
        forged(b"U\x02O8", b"(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK?t"),
        forged(b"U\x02O8", b"(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00t"),  # objects that deny it
        forged(b"U\x02V8", b"(K\x03U\x01|NU\x01a\x85}U\x01aNs" + b"K\x08K\x01K\x1bt"),
        forged(b"U\x02u1", b"(K\x03U\x01|NU\x01a\x85}U\x01aNsK\x08K\x01K\x1bt"),
        forged(b"U\x02u2", PLAIN),
        forged(b"K\x01", PLAIN),
        forged(b"U\x02u1", b"N"),
        forged(b"U\x02u1", PLAIN, shape=b"J\xff\xff\xff\xffM\x00\x0c\x86"),
        forged(b"U\x02u1", PLAIN, shape=b"J\xff\xff\xff\x7fJ\xff\xff\xff\x7f\x86"),
        forged(b"U\x02u1", PLAIN, shape=b"](K\x04M\x00\x0ce"),
        forged(b"U\x02u1", PLAIN, size=4 * 3072 - 1),
    ],
)
def test_an_array_with_a_forged_dtype_or_shape_is_refused(raw):
    with pytest.raises(ValueError, match=r"its data are no|not images of"):
        read_batch(raw, "labels", 10)


BOMBS = {
    "lists": b"\x80\x02" + b"]" * 3_000_000 + b".",
    "nested lists": b"\x80\x02" + b"]" * 400_000 + b"a" * 399_999 + b".",
    "nested tuples": b"\x80\x02)" + b"\x85" * 400_000 + b".",
    "a list of itself a thousand times over": b"\x80\x02]q\x00" + b"h\x00a" * 1000 + b".",
    "a memo far away": b"\x80\x02]r\xff\xff\xff\xff.",
    "bytes that are not there": b"\x80\x04\x96" + b"\xff" * 7 + b"\x7f.",
    "bytes below none": b"\x80\x02T\xff\xff\xff\xff.",
    "a frame that is not there": b"\x80\x04\x95" + b"\xff" * 8 + b".",
    "a long number": b"\x80\x02\x8b\xff\xff\xff\x7f" + b"\xff" * 100 + b".",
    "a number in digits": b"L" + b"9" * 1_000_000 + b"L\n.",
    "a persistent object": b"\x80\x02Nq\x01Q.",
    "an extension": b"\x80\x02\x82\x01.",
    "more pops than values": b"\x80\x02(a.",
    "a mark that is not there": b"\x80\x02Nt.",
    "nothing": b"",
    "no stop": b"\x80\x02N",
    "a memo that is empty": b"\x80\x02h\x07.",
    "a key of nothing": b"\x80\x02}Ns.",
    "numbers as keys": b"\x80\x02}K\x01K\x01s.",
    "an unknown protocol": b"\x80\x63N.",
}


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_end_at_once(name):
    start = time.process_time()
    with pytest.raises(ValueError, match=r"."):
        read_batch(BOMBS[name], "labels", 10)
    with pytest.raises(ValueError, match=r"."):
        read_class_names(BOMBS[name], "label_names", 10)
    assert time.process_time() - start < 10


def test_names_that_double_a_thousand_times_are_no_names():
    doubled = [b"h" + bytes([n]) + b"h" + bytes([n]) + b"\x86q" + bytes([n + 1]) for n in range(200)]
    level = b"U\x03lol\x85q\x00" + b"".join(doubled)
    raw = b"\x80\x02}(U\x0blabel_names](" + level + b"eu."
    with pytest.raises(ValueError, match=r"has no list of 10 label_names|no texts"):
        read_class_names(raw, "label_names", 10)


def test_every_cut_and_every_turned_byte_of_a_batch_is_read_or_refused():
    raw = python2.dumps({"data": np.zeros((1, 3072), np.uint8), "labels": [3], "filenames": ["a.png"]})
    data = raw.index(bytes(3000))
    places = [place for place in range(len(raw)) if not data < place < data + 3000]
    rng = np.random.default_rng(0)
    for place in places:
        for changed in (raw[:place], raw[:place] + bytes([rng.integers(256)]) + raw[place + 1 :]):
            with contextlib.suppress(ValueError):
                read_batch(changed, "labels", 10)
