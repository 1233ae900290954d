"""Promises of what is typed: no bytes are too strange, and pasted text is text."""

import os
import random
import threading

import pytest
from textual import events
from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver

from tui.keys import PASTE_LIMIT, Keys

PIECES = [
    b"\x1b", b"[", b"<", b"0;", b"9" * 30, b"M", b"m", b"t", b"u", b"~", b"R", b":", b"-", b"\x07", b"\x9b", b"\x00",
    b"\x1b[200~", b"\x1b[201~", b"\x1b[48;0;0;0;0t", b"\x1b[48;999999;999999;9;9t", b"\x1b[?2048;1$y", b"\x1b[I",
    b"\x1bO", b"\x1bP", b"\x1b]52;c;", b"\x1b[1114112u", b"\x1b[55555u", b"\x1b[97;99999;1u", b"\x1b[<0;0;0", b"\xff",
    b"\xc3", b"\xe2\x82", b"\xed\xa0\x80", b"\xf4\x90\x80\x80",
]  # fmt: skip


def typed(found):
    return [event.key for event in found if isinstance(event, events.Key)]


def pasted(found):
    return [event.text for event in found if isinstance(event, events.Paste)]


@pytest.mark.parametrize(
    "junk", [b"\xff", b"\xfe\xff", b"\xc3", b"\xe2\x82", b"\xf0\x9f\x98", b"\xed\xa0\x80", b"\x80"]
)
def test_bytes_that_are_no_utf_8_are_nobodys_keys(junk):
    assert typed(Keys().feed(b"a" + junk + b"b")) == ["a", "b"]


def test_a_letter_that_comes_in_two_pieces_is_one_key():
    keys = Keys()
    assert typed(keys.feed("ä".encode()[:1])) == []
    assert [event.character for event in keys.feed("ä".encode()[1:])] == ["ä"]


def test_whatever_comes_the_next_key_is_heard():
    random_ = random.Random(7)
    keys = Keys()
    for _ in range(3000):
        junk = b"".join(
            random_.choice(PIECES) if random_.random() < 0.8 else bytes([random_.randrange(256)])
            for _ in range(random_.randrange(1, 9))
        )
        found = keys.feed(junk)
        assert not any(isinstance(event, events.Resize) for event in found)
    keys.end_paste()
    keys.feed(b"x" * 40)  # whatever sequence was begun is over
    assert typed(keys.feed(b"q")) == ["q"]


def test_a_size_among_the_keys_is_not_believed():
    keys = Keys()
    assert keys.feed(b"\x1b[48;999999;999999;9;9t") == []
    (click,) = keys.feed(b"\x1b[<0;5;7M")
    assert (click.x, click.y) == (4, 6)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 4096])
def test_pasted_text_is_text_however_it_is_cut_into_pieces(size):
    sent = b"a\x1b[200~one \x1b[31mq\xff\x1bq two\x1b[201~b\x1b[200~\x1b[201~\x1b[200~three\x1b[201~"
    keys, found = Keys(), []
    for place in range(0, len(sent), size):
        found += keys.feed(sent[place : place + size])
    assert typed(found) == ["a", "b"]
    assert [text for text in pasted(found) if text] == ["one [31mqq two", "three"]


def test_a_megabyte_is_pasted_as_the_line_that_a_field_can_take():
    keys = Keys()
    found = keys.feed(b"\x1b[200~" + b"path/" * 200_000 + b"\x1b[201~q")
    assert [len(text) for text in pasted(found)] == [PASTE_LIMIT]
    assert typed(found) == ["q"]


def test_pasted_text_whose_end_is_lost_is_over_after_a_while():
    keys = Keys()
    assert keys.feed(b"\x1b[200~lost") == []
    assert keys.tick() == []
    assert pasted(keys.end_paste()) == ["lost"]
    assert typed(keys.feed(b"q")) == ["q"]


def test_half_an_end_of_one_paste_is_not_in_the_next():
    keys = Keys()
    assert keys.feed(b"\x1b[200~lost\x1b[20") == []
    assert pasted(keys.end_paste()) == ["lost"]
    assert pasted(keys.feed(b"\x1b[200~found\x1b[201~")) == ["found"]


# What is mended. Where one of these fails, Textual has mended it, and `tui.keys` may be shorter.


def test_textuals_own_input_thread_still_dies_of_a_byte():
    driver = object.__new__(LinuxDriver)
    reads, writes = os.pipe()
    driver.fileno, driver.exit_event, driver._debug = reads, threading.Event(), False
    os.write(writes, b"\xff")
    end = threading.Timer(2, driver.exit_event.set)
    end.start()
    with pytest.raises(UnicodeDecodeError):
        driver.run_input_thread()
    end.cancel()
    os.close(reads)
    os.close(writes)


def test_textuals_own_parser_still_dies_of_a_key_that_is_no_character():
    with pytest.raises(ValueError, match="range"):
        list(XTermParser().feed("\x1b[1114112u"))


def test_textuals_own_parser_still_takes_pasted_escapes_for_keys():
    found = list(XTermParser().feed("\x1b[200~\x1bq" + "-" * 40 + "\x1b[201~"))
    assert "q" in typed(found)
