"""Closer looks at one lane: each is a file of this package that computes it, found automatically.

To add one: a module here with a function from (lab, arm, seed) to plain data, decorated with `look`, and in `tui/looks`
one of the same name that draws it. A look changes nothing of the run: no generator is drawn from, no statistics move.
"""

from engine.looks.registry import LOOKS, at_best, lacking, look, revived, take_look, watched

__all__ = ["LOOKS", "at_best", "lacking", "look", "revived", "take_look", "watched"]
