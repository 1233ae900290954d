"""Closer looks as they are drawn: each a file of this package, found automatically, besides what computes it in
`engine/looks`.

To add one: a module here with a subclass of `Look`, decorated with `register`. Its key, its line in the help screen and
its place in the menu of looks are declared on it.
"""

from tui.looks.registry import LOOKS, Look, Moment, register

__all__ = ["LOOKS", "Look", "Moment", "register"]
