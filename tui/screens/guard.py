"""Errors that do not end a run: a file, a folder or a name that cannot be used, wherever that shows."""

from __future__ import annotations

from textual import events
from textual.message import Message
from textual.message_pump import MessagePump

UNUSABLE = (OSError, UnicodeError)
# Textual ends a screen whose messages raise, and an application that cannot begin. Its callbacks and timers go on.
_ENDED_BY = ("_process_messages_loop", "_pre_process", "_process_messages", "app_prelude")


class LivesOn(MessagePump):
    """A screen, or the application, that reports such an error of a handler and goes on with the next message."""

    async def _dispatch_message(self, message: Message) -> None:
        try:
            await super()._dispatch_message(message)
        except UNUSABLE as error:
            if isinstance(message, events.Compose | events.Mount):
                raise  # half a screen is none
            self.app.tell_and_live_on(error)  # type: ignore[attr-defined]


def lives_on_after(error: Exception) -> bool:
    """Whether the application can go on after an unexpected error."""
    caught = error.__traceback__
    return isinstance(error, UNUSABLE) and caught is not None and caught.tb_frame.f_code.co_name not in _ENDED_BY
