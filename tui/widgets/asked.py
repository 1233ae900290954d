"""What a preset's timeline has said and asked, in words, with what was predicted and what came of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from engine.events import Answered, Asked, Change
from engine.numbers import loss, percent
from engine.record import RunRecord

# Of so many arms what became of each is told.
_MOST_ARMS = 9


def said_last(record: RunRecord) -> str:
    """The newest text, with its epoch; of a run that is over only one that was said at its end."""
    if not record.said or (record.over and record.said[-1].epoch < record.epoch):
        return ""
    newest = record.said[-1]
    words = " ".join(newest.text.split())
    return f"epoch {newest.epoch:,}: {words}"


def awaited(record: RunRecord) -> str:
    """The newest question that has no answer yet, with what was predicted."""
    if record.over:
        return ""
    for number, asked in reversed(record.asked.items()):
        if number not in record.answered:
            choice = predicted(record, number)
            return f"{asked.question} Predicted: {choice}" if choice else f"Asked: {asked.question}"
    return ""


def predicted(record: RunRecord, number: int) -> str:
    """The choice that somebody predicted; empty where nobody has, or nobody was asked."""
    asked, found = record.asked.get(number), record.predicted.get(number)
    return asked.choices[found.choice] if asked and found and 0 <= found.choice < len(asked.choices) else ""


def answer_in_words(record: RunRecord, answered: Answered, brief: bool = False) -> list[str]:
    """What was predicted, what happened in each arm, and what the author had found, a paragraph each.

    A `brief` one is for a narrow pane.
    """
    asked, choice = record.asked.get(answered.number), predicted(record, answered.number)
    paragraphs = []
    if choice and answered.answer:
        right = "It came out so" if choice == answered.answer else f"It came out otherwise: {answered.answer}"
        paragraphs.append(f"You predicted: {choice}. {right}.")
    elif choice:
        paragraphs.append(f"You predicted: {choice}.")
    elif answered.answer:
        paragraphs.append(f"It came out: {answered.answer}.")
    if answered.reveal:
        paragraphs.append(answered.reveal)
    if asked is not None and answered.happened:
        paragraphs.append("\n".join(_changes(asked, answered, brief)))
    return paragraphs


def _changes(asked: Asked, answered: Answered, brief: bool) -> list[str]:
    """A line for each arm, the numbers below one another."""
    some: Sequence[Change] = answered.happened[:_MOST_ARMS]
    longest = max(len(change.arm) for change in some)
    lines = [f"From epoch {asked.epoch:,} to {answered.epoch:,}, mean over the seeds:"]
    if brief:
        lines = [f"val loss, epoch {asked.epoch:,} to {answered.epoch:,}:"]
    for change in some:
        losses = _both(loss, change.val_loss_then, change.val_loss_now)
        line = f"{change.arm:{longest}}  {losses}" if brief else f"{change.arm:{longest}}  val loss {losses}"
        if not brief and not math.isnan(change.val_acc_now):
            line += f"   val acc {_both(percent, change.val_acc_then, change.val_acc_now)}"
        lines.append(line)
    if len(answered.happened) > len(some):
        lines.append(f"and {len(answered.happened) - len(some)} more arms")
    return lines


def _both(form: Callable[[float], str], then: float, now: float) -> str:
    """What it was and what it is; before the first epoch nothing had been measured."""
    return form(now) if math.isnan(then) else f"{form(then)} -> {form(now)}"


def questions_in_words(record: RunRecord) -> list[str]:
    """Every question so far, with what was predicted and, once it is known, what came of it."""
    paragraphs = []
    for number, asked in record.asked.items():
        answered, choice = record.answered.get(number), predicted(record, number)
        words = f"epoch {asked.epoch:,}: {asked.question} ({', '.join(asked.choices)})"
        if answered is not None:
            words = "\n".join([words, *answer_in_words(record, answered, brief=True)])
        elif choice:
            words += f"\nYou predicted: {choice}."
        paragraphs.append(words)
    return paragraphs
