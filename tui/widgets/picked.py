"""What a click on an arm's line asks for."""

from __future__ import annotations

from textual.message import Message


class ArmPicked(Message):
    """An arm was clicked, and is to be the selected one."""

    def __init__(self, arm: str) -> None:
        super().__init__()
        self.arm = arm
