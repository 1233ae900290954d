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
    """One entry: a time or a condition, and what is done then, once. `changes` is `set` in TOML.

    A ramp is linear. With v0 as the setting stands in an arm, v1 the given value and s the epochs trained when it
    begins: after s + k epochs, k = 1 ... over, it is v0 + (v1 - v0) * k / over, rounded where it is a whole number, and
    v1 itself at the end. A knob that is turned meanwhile ends its ramp.
    """

    at: int | None = Field(None, ge=0, le=_LAST_EPOCH, description="after so many whole epochs; 0: before the first")
    batch: int = Field(0, ge=0, le=_LAST_EPOCH, description="and after so many batches of the next epoch")
    when: str = Field(
        "",
        description="in place of at a condition, looked at after every epoch until it holds: train_acc > 0.99 (or <, "
        "<=, >=), val_loss rises 10 (so many epochs in a row above its lowest value), falls, stopped; of the mean over "
        "the seeds of the arm, or of the first arm in which it holds",
    )
    arm: str = Field("", description="the arm that it acts on, and that when is about; without it all arms")
    changes: dict[str, Any] = Field(
        default_factory=dict, alias="set", description="live settings, such as { regularization.dropout = 0.2 }"
    )
    over: int | None = Field(
        None, ge=1, le=_LAST_EPOCH, description="epochs of a linear ramp from the value as it stands to the one in set"
    )
    say: str = Field("", max_length=_LONGEST_TEXT, description="a text beside the curves; without a screen a line")
    ask: str = Field("", max_length=_LONGEST_TEXT, description="a question to be predicted; a dashboard waits for it")
    choices: list[str] = Field(default_factory=list, description="what can be predicted, 2 to 9 texts")
    answer: str = Field("", description="the choice that came true when it was tried")
    reveal: str = Field("", max_length=_LONGEST_TEXT, description="what is to be said of it with the answer")
    reveal_after: int | None = Field(
        None, ge=1, le=_LAST_EPOCH, description="epochs from the question to its answer; else the end of the run"
    )
    pause: bool = Field(False, description="a dashboard stands still here; nothing else does")
    look: str = Field("", max_length=_LONGEST_NAME, description="a closer look is opened, by its name")
    fork: str = Field("", max_length=_LONGEST_NAME, description="the name of a copy of arm that begins here")

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


def in_words(entry: TimelineEntry) -> str:
    """When and what, in a line: `after epoch 50, in 'annealed': regularization.dropout = 0.0 over 100 epochs`."""
    when = f"once {entry.when}" if entry.when else f"after epoch {entry.at:,}"
    when += f" and {entry.batch:,} batches" if entry.batch else ""
    done = [f"{key} = {str(value).lower() if isinstance(value, bool) else value}" for key, value in entry.settings]
    if entry.over:
        done[-1:] = [f"{done[-1]} over {entry.over:,} epochs"]
    done += [f"fork {entry.fork!r}"] if entry.fork else []
    done += [f"look {entry.look!r}"] if entry.look else []
    done += [f"says: {' '.join(entry.say.split())}"] if entry.say else []
    done += [f"asks: {entry.ask}"] if entry.ask else []
    done += ["pauses"] if entry.pause else []
    return f"{when}{f', in {entry.arm!r}' if entry.arm else ''}: {'; '.join(done)}"


def keys_in_words() -> dict[str, str]:
    """What each key of an entry means, by its name in TOML."""
    return {field.alias or name: field.description or "" for name, field in TimelineEntry.model_fields.items()}
