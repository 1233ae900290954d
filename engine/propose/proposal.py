"""The preset that is proposed, as a TOML text whose comments explain every line."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

Row = tuple[str, str, str]  # setting, value as in TOML, comment


@dataclass(frozen=True, slots=True)
class Proposal:
    """A preset and what it was made from.

    Attributes
    ----------
    text : the preset as TOML.
    found : what is in the data and how it is used, a line each.
    """

    text: str
    found: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sizes:
    """How large a network is trained, and how long, for so many examples.

    Larger data take a wider network, larger batches, and fewer epochs: the number of steps grows far slower than the
    data do, so that a run takes a minute or two and not an hour. The strength of a penalty falls with the data.
    """

    width: int
    batch_size: int
    lr: float
    epochs: int
    l2: float
    dropout: float
    patience: int

    @classmethod
    def of(cls, train: int, features: int, steps: int = 4_000) -> Sizes:
        """For so many training examples and inputs, and about so many steps, of 10 to 200 epochs."""
        width = 64 if train < 1_000 else 128 if train < 20_000 else 256
        if features > 8 * width:
            width *= 2
        batch_size = min(512, max(16, 2 ** round(math.log2(max(1, train / 20)))))
        steps_per_epoch = math.ceil(train / batch_size)
        # 2 significant digits at most, and a multiple of 10 from 20 on.
        epochs = max(10, min(200, round(steps / steps_per_epoch, -1)))
        few, many = train < 1_000, train >= 20_000
        return cls(
            width=width,
            batch_size=batch_size,
            lr=0.003 if few else 0.001,
            epochs=int(epochs),
            l2=0.03 if few else 0.003 if many else 0.01,
            dropout=0.3 if many else 0.5,
            patience=max(5, int(epochs) // 10),
        )


def plan_of(network: str, sizes: Sizes) -> tuple[str, str]:
    """The arms, and how they are trained, a line each."""
    return (
        f"arms: none, L2 {sizes.l2:g}, dropout {sizes.dropout:g}, both, early stopping",
        f"network: {network}; batches of {sizes.batch_size}, Adam {sizes.lr:g}, {sizes.epochs} epochs, 3 seeds",
    )


def literal(text: str) -> str:
    """A text as TOML writes it. JSON's escapes are TOML's, but for DEL, which JSON leaves as it is."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def written(
    title: str, summary: str, found: Sequence[str], data: Sequence[Row], model: Sequence[Row], sizes: Sizes
) -> str:
    """The whole preset."""
    training: list[Row] = [
        ("epochs", str(sizes.epochs), "times that every training example is used"),
        ("batch_size", str(sizes.batch_size), "examples of one step"),
        ("optimizer", '"adam"', "a rule of the step that needs little tuning"),
        ("lr", f"{sizes.lr:g}", "learning rate: `s` in the dashboard shows it, `f` looks for a better one"),
        ("seeds", "[0, 1, 2]", "every arm trains under each: other first weights, splits and batches"),
    ]
    stopping: list[Row] = [
        ("restore_best", "false", "the arms are compared by their last weights, but for the one that stops early"),
    ]
    sections = [("data", data), ("model", model), ("training", training), ("early_stopping", stopping)]
    lines = [
        "# Written by `regtui new`. `regtui check FILE` says whether it is valid, `regtui FILE` opens it.",
        "# Every setting with its bounds is in the help screen (?) of the dashboard.",
        "",
        *_aligned([("title", literal(title), "the dashboard's first line"),
                   ("summary", literal(summary), "the line below it in lists")]),
        f"lesson  = {_multiline(_lesson(found))}",
    ]  # fmt: skip
    for name, rows in sections:
        lines += ["", f"[{name}]", *_aligned(rows)]
    return "\n".join([*lines, *_arms(sizes)]) + "\n"


def _lesson(found: Sequence[str]) -> str:
    return "\n".join([
        *found,
        "",
        "Which arm has the lowest validation loss, and is the difference larger than the spread over the seeds?",
        "Where the training loss falls on and the validation loss rises, a network memorizes: that is what the arms are"
        " against. Where both stay high, a larger network or a longer run helps more.",
    ])  # fmt: skip


def _multiline(text: str) -> str:
    inside = literal(text)[1:-1].replace("\\n", "\n")
    return f'"""\n{inside}\n"""'


def _arms(sizes: Sizes) -> Iterator[str]:
    l2: Row = ("regularization.l2", f"{sizes.l2:g}", "adds 0.5 * l2 * sum(W^2) to the loss")
    dropout: Row = ("regularization.dropout", f"{sizes.dropout:g}", "share of the hidden units left out in a step")
    stopping: list[Row] = [
        ("early_stopping.patience", str(sizes.patience), "epochs without a better validation loss before it stops"),
        ("early_stopping.restore_best", "true", "and it ends with the weights of its best epoch"),
    ]
    arms: list[tuple[str, str, list[Row]]] = [
        ("none", "what the others are compared with", []),
        (f"L2 {sizes.l2:g}", "small weights", [l2]),
        (f"dropout {sizes.dropout:g}", "no unit relies on another", [dropout]),
        ("L2 and dropout", "both", [l2, dropout]),
        ("early stopping", "trains no longer than it helps", stopping),
    ]
    for name, why, rows in arms:
        yield from ("", "[[arm]]", *_aligned([("name", literal(name), why), *rows]))


def _aligned(rows: Sequence[Row]) -> list[str]:
    name = max(len(row[0]) for row in rows)
    value = min(28, max(len(row[1]) for row in rows))
    return [f"{row[0]:{name}} = {row[1]:{value}}  # {row[2]}" for row in rows]
