"""What a preset does by itself while it trains: its `[[timeline]]`, entry by entry.

What trains (`set`, and `over` for a ramp) acts in the lab, between two steps, as a turned knob does. The other verbs
are for whoever looks on. `engine.script` carries them out.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import Field, field_validator, model_validator

from engine.preset.condition import read_condition
from engine.preset.setting import Section

# Which keys are verbs; the others say when, in which arm, or belong to a verb.
VERBS: tuple[str, ...] = ("set", "say", "ask", "pause", "look", "fork")
MOST_ENTRIES = 1_000
MOST_CHOICES = 9  # a number key chooses one
_LAST_EPOCH = 10**9
_LONGEST_TEXT, _LONGEST_CHOICE, _LONGEST_NAME = 600, 100, 200


class TimelineEntry(Section):
    """One entry: a time or a condition, and what is done then, once.

    at : after so many whole epochs; 0 is before the first step.
    batch : and after so many batches of the next epoch, counted for the arm's stack as `Intervention` does.
    when : in place of `at` a condition (`engine.preset.condition`), looked at after every epoch until it holds.
    arm : the arm that it acts on, and that `when` is about. Without it, it acts on all arms, and `when` holds as soon
        as it does in one of them.
    changes : (`set` in TOML) the nested table of live settings.
    over : a linear ramp. With v0 as the setting stands in an arm, v1 the given value and s the epochs trained when it
        begins: after s + k epochs, k = 1 ... over, it is v0 + (v1 - v0) * k / over, rounded where it is a whole
        number, and v1 itself at the end. A knob that is turned meanwhile ends its ramp.
    say : a text beside the curves.
    ask, choices : a question, and what can be predicted; a dashboard waits for an answer.
    answer, reveal : which choice came true when it was tried, and what is to be said of it.
    reveal_after : epochs after the question at which it is answered; None for the end of the run.
    pause : a dashboard stands still.
    look : a closer look is opened, by its name.
    fork : the name of a copy of `arm` that begins here.
    """

    at: int | None = Field(None, ge=0, le=_LAST_EPOCH)
    batch: int = Field(0, ge=0, le=_LAST_EPOCH)
    when: str = ""
    arm: str = ""
    changes: dict[str, Any] = Field(default_factory=dict, alias="set")
    over: int | None = Field(None, ge=1, le=_LAST_EPOCH)
    say: str = Field("", max_length=_LONGEST_TEXT)
    ask: str = Field("", max_length=_LONGEST_TEXT)
    choices: list[str] = Field(default_factory=list)
    answer: str = ""
    reveal: str = Field("", max_length=_LONGEST_TEXT)
    reveal_after: int | None = Field(None, ge=1, le=_LAST_EPOCH)
    pause: bool = False
    look: str = Field("", max_length=_LONGEST_NAME)
    fork: str = Field("", max_length=_LONGEST_NAME)

    @property
    def settings(self) -> Iterator[tuple[str, Any]]:
        """What it sets: dotted keys and values, in the order of the text."""
        for section, table in self.changes.items():
            for name, value in table.items() if isinstance(table, dict) else ():
                yield f"{section}.{name}", value

    @field_validator("when")
    @classmethod
    def _is_a_condition(cls, value: str) -> str:
        if value:
            read_condition(value)
        return value

    @field_validator("choices")
    @classmethod
    def _can_be_chosen(cls, value: list[str]) -> list[str]:
        if value and not 2 <= len(value) <= MOST_CHOICES:
            raise ValueError(f"{len(value)} choices: must be 2 to {MOST_CHOICES}, a number key chooses one")
        if len(set(value)) != len(value) or not all(choice.strip() for choice in value):
            raise ValueError("must be different texts, none of them empty")
        if longest := max((len(choice) for choice in value if len(choice) > _LONGEST_CHOICE), default=0):
            raise ValueError(f"a choice has {longest:,} characters: must be at most {_LONGEST_CHOICE}")
        return value

    @model_validator(mode="after")
    def _goes_together(self) -> TimelineEntry:
        if (self.at is None) == (not self.when):
            raise ValueError('needs either at = EPOCH or when = "CONDITION"')
        done = (self.changes, self.say, self.ask, self.pause, self.look, self.fork)
        if not any(done):
            raise ValueError(f"does nothing: add one of {', '.join(VERBS)}")
        if self.batch and (self.at is None or self.over):
            raise ValueError("batch: goes with at, and not with over, which counts whole epochs")
        if self.over and not self.changes:
            raise ValueError("over: is the length of a ramp: add what is to be set")
        if self.ask and not self.choices:
            raise ValueError('ask: has no choices: add choices = ["...", "..."]')
        of_asking = {"choices": self.choices, "answer": self.answer, "reveal": self.reveal}
        for name, given in {**of_asking, "reveal_after": self.reveal_after}.items():
            if given and not self.ask:
                raise ValueError(f'{name}: belongs to a question: add ask = "..."')
        if self.answer and self.answer not in self.choices:
            raise ValueError(f"answer: {self.answer[:_LONGEST_CHOICE]!r} is none of the choices")
        if self.fork and not self.arm:
            raise ValueError('fork: needs the arm that is copied: add arm = "..."')
        return self


def as_table(entry: TimelineEntry) -> dict[str, Any]:
    """The entry as it stands in TOML."""
    return entry.model_dump(exclude_defaults=True, by_alias=True)
