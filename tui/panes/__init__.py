"""The panes of the main screen: each a file of this package, found automatically.

To add one: a module here with a subclass of `RunPane`, decorated with `register`. Its number, its room, its page on
small screens, its sizes and its line in the help screen are declared on it.
"""

from tui.panes.registry import PANES, Part, RunPane, Setup, Shown, numbered, register

__all__ = ["PANES", "Part", "RunPane", "Setup", "Shown", "numbered", "register"]
