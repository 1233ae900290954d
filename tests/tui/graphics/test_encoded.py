"""Promises of what is sent for a picture, where textual-image is installed."""

from __future__ import annotations

import base64
import io
import re
import sys

import numpy as np
import pytest

pytest.importorskip("textual_image")

from PIL import Image

from tui.graphics.encoded import encoded, passed_through


def picture(wide=60, high=40):
    pixels = np.zeros((high, wide), dtype=np.uint8)
    pixels[:, wide // 2 :] = 1
    image = Image.fromarray(pixels)
    image.putpalette([255, 0, 0, 0, 0, 255])
    return image


def test_kitty_is_sent_the_picture_once_and_cells_that_stand_for_its_parts(capfd):
    found = encoded(picture(), 6, 2, "kitty", (10, 20))
    commands = re.findall("\x1b_G([^;\x1b]*)(?:;([^\x1b]*))?\x1b\\\\", found.sent)
    assert "".join(f"\x1b_G{head}{';' if body else ''}{body}\x1b\\" for head, body in commands) == found.sent
    sent = Image.open(io.BytesIO(base64.b64decode("".join(body for _, body in commands))))
    assert np.array_equal(np.asarray(sent.convert("RGB")), np.asarray(picture().convert("RGB")))
    id = re.match(r"i=(\d+)", commands[0][0])[1]
    assert commands[-1][0].startswith(f"a=p,i={id},c=6,r=2,U=1")
    assert all("q=2" in head for head, _ in commands), "the terminal does not answer"
    assert [line.count(chr(0x10EEEE)) for line in found.lines] == [6, 6]
    assert found.deleted == f"\x1b_Ga=d,d=I,i={id},q=2\x1b\\"
    assert capfd.readouterr() == ("", ""), "nothing goes past the frames"


def test_sixels_have_the_size_of_their_cells_whatever_that_is():
    for cell in ((10, 20), (7, 15)):
        found = encoded(picture(6 * cell[0], 2 * cell[1]), 6, 2, "sixel", cell)
        (line,) = found.lines
        assert line.startswith(f'\x1bP0;0;0q"1;1;{6 * cell[0]};{2 * cell[1]}')
        assert line.endswith("\x1b\\")
        assert (found.sent, found.deleted) == ("", "")
        assert set(re.findall(r"#\d+;2;(\d+;\d+;\d+)", line)) == {"100;0;0", "0;0;100"}


def test_the_terminal_is_left_as_it_is():
    before = sys.__stdout__
    encoded(picture(), 6, 2, "kitty", (10, 20))
    assert sys.__stdout__ is before


def test_tmux_lets_commands_through_and_keeps_the_rest():
    assert passed_through("a\x1b_Gi=1;x\x1b\\b") == "a\x1bPtmux;\x1b\x1b_Gi=1;x\x1b\x1b\\\x1b\\b"
