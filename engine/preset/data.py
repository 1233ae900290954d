"""The examples: where they come from, how they are split and scaled."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import field_validator, model_validator
from pydantic_core import PydanticCustomError

from engine.preset.setting import LARGEST_WHOLE, Section, setting
from engine.preset.sources import SOURCES, discover, of_family
from engine.text import quoted

discover()
EMBEDDED, SYNTHETIC, TRUTH_TABLES = of_family("embedded"), of_family("synthetic"), of_family("truth_table")
MEASURED, DOWNLOADED = of_family("measured"), of_family("downloaded")
IMAGES: tuple[str, ...] = tuple(name for name, declared in SOURCES.items() if declared.image_numbers)

Amount = int | float | None
_CSV = ("data.source", ("csv",))
# Each category is an input of its own.
MOST_CATEGORIES = 1000


class Data(Section):
    """What the networks learn from, and how it is split and scaled."""

    source: str = setting("digits", "where the examples come from", judges=True, choices=SOURCES)
    path: str = setting("", "the folder of images or the CSV file, for the sources folder and csv", judges=True)
    unchecked: bool = setting(
        False, "read downloaded sets as they lie in the data folder, even where their md5 is not torchvision's"
    )
    task: Literal["auto", "classification", "binary", "regression"] = setting(
        "auto",
        "classification: an output for each class; binary: one output for two classes; regression: a number,"
        " scaled where data.target_scale says so; auto: by the source (a csv: classification)",
        judges=True,
    )
    features: int = setting(0, "only so many first features are seen; 0: all", unit="features", ge=0)
    p_up: float = setting(
        0.6,
        "how likely a tossed thumbtack lands up",
        ge=0,
        le=1,
        step=0.05,
        only_with=("data.source", ("thumbtack",)),
        judges=True,
    )
    target: str = setting("", "the column of a CSV file that is to be predicted", judges=True)
    target_scale: Literal["none", "standard"] = setting(
        "none",
        "a regression's targets; standard: mean 0, std 1, fitted on train only: a loss of 1 is that of the mean",
        judges=True,
    )
    drop: list[str] = setting([], "columns of a CSV file that are left out", only_with=_CSV)
    categorical: list[str] = setting(
        [], "columns of a CSV file whose numbers are categories: one-hot, as text always is", only_with=_CSV
    )
    categories: int = setting(
        50,
        "most categories of a column, each one input (one-hot); a text column with more is refused",
        unit="categories",
        ge=2,
        le=MOST_CATEGORIES,
        only_with=_CSV,
    )
    missing: Literal["median", "refuse"] = setting(
        "median",
        "empty cells, NA, NaN, null, ?: median: the median of the column's training part (in a text column: no"
        " category); refuse: an error that names the line",
        only_with=_CSV,
    )
    delimiter: Literal["auto", "comma", "semicolon", "tab", "pipe"] = setting(
        "auto", "what parts the cells of a CSV file; auto: what parts its first lines alike", only_with=_CSV
    )
    decimal: Literal["auto", "point", "comma"] = setting(
        "auto", "the decimal sign of a CSV file; auto: a comma where its first lines have it", only_with=_CSV
    )
    encoding: Literal["auto", "utf-8", "utf-16", "cp1252", "latin-1"] = setting(
        "auto",
        "of a CSV file; auto: by its byte order mark, else UTF-8, and where it is not, cp1252 or latin-1",
        only_with=_CSV,
    )
    size: int = setting(32, "side that images of a folder are resized to", unit="pixels", ge=1, le=512)
    samples: int = setting(
        1000, "how many points, students or tosses a synthetic set has", unit="examples", ge=10, judges=True
    )
    noise: float = setting(0.2, "standard deviation of a synthetic set's noise", ge=0, le=10, step=0.05, judges=True)
    train: Amount = setting(None, "training examples: a count, a fraction below 1, or nothing for what is left over")
    validation: Amount = setting(
        None, "validation examples (at most): a count, a fraction, or nothing for the rest", judges=True
    )
    test: Amount = setting(
        None,
        "test examples (at most): a count, a fraction, or nothing for the source's own / half of the rest",
        judges=True,
    )
    split: Literal["random", "first", "all"] = setting(
        "random",
        "random: stratified, drawn from the seed; first: in the order of the source; all: every part is all examples",
        judges=True,
    )
    train_eval: int = setting(
        10_000,
        "training loss and accuracy are measured on so many of the training examples at most, the same ones after"
        " every epoch, of each class its share",
        unit="examples",
        ge=10,
    )
    scale: Literal["none", "unit", "standard"] = setting(
        "unit", "none; unit: by the source's range to [0, 1]; standard: mean 0, std 1, fitted on train only"
    )

    @field_validator("source", mode="before")
    @classmethod
    def _any_case(cls, value: Any) -> Any:
        return value.lower() if isinstance(value, str) else value

    @field_validator("source")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in SOURCES:
            raise PydanticCustomError("literal_error", "unknown source")
        return value

    @field_validator("train", "validation", "test", mode="before")
    @classmethod
    def _count_or_fraction(cls, value: Any) -> Any:
        if value is None:
            return value
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise ValueError("must be a count (whole number) or a fraction between 0 and 1")
        if value <= 0 or (isinstance(value, float) and not (value < 1 or value.is_integer())):
            raise ValueError("must be a positive count or a fraction between 0 and 1")
        if value > LARGEST_WHOLE:  # 1e308 is a count too, and no preset could hold it
            raise ValueError(f"must be at most {LARGEST_WHOLE:,}")
        return int(value) if value >= 1 else value

    @model_validator(mode="after")
    def _has_a_path(self) -> Data:
        if self.source in ("folder", "csv") and not self.path:
            raise ValueError(f"path: the source {self.source!r} needs the path of your data")
        if self.source == "csv" and not self.target:
            raise ValueError("target: the source 'csv' needs the name of the column to predict")
        return self

    @model_validator(mode="after")
    def _columns_have_one_use(self) -> Data:
        for name in ("drop", "categorical"):
            if self.source == "csv" and self.target in getattr(self, name):
                raise ValueError(f"{name}: {quoted(self.target, 40)} is the column to predict: leave it out here")
        if both := set(self.drop) & set(self.categorical):
            raise ValueError(f"categorical: {quoted(min(both), 40)} is in data.drop too: it can be in one of them")
        if self.delimiter == "comma" and self.decimal == "comma":
            raise ValueError("decimal: a comma cannot both part cells and begin decimals")
        return self

    @model_validator(mode="after")
    def _has_targets_to_scale(self) -> Data:
        if self.target_scale != "none" and self.kind != "regression":
            raise ValueError(f"target_scale: a {self.kind} has classes as targets: only a regression's are scaled")
        return self

    @model_validator(mode="after")
    def _can_be_split(self) -> Data:
        if self.split == "all":
            for name in ("train", "validation", "test"):
                if getattr(self, name) is not None:
                    raise ValueError(f'{name}: under split = "all" every part is all examples: leave it out')
        elif SOURCES[self.source].family == "truth_table":
            raise ValueError(f'split: the four rows of {self.source!r} cannot be split: write split = "all"')
        return self

    @model_validator(mode="after")
    def _has_such_targets(self) -> Data:
        if self.task != "regression" and self.task != "auto" and SOURCES[self.source].task == "regression":
            raise ValueError(f"task: {self.source!r} has numbers as targets: its task is regression")
        if self.task == "regression" and SOURCES[self.source].task != "regression" and self.source != "csv":
            raise ValueError(
                f"task: {self.source!r} has classes as targets: regression needs {', '.join(MEASURED)} or csv"
            )
        return self

    @property
    def kind(self) -> str:
        """The task that `auto` stands for."""
        return SOURCES[self.source].task if self.task == "auto" else self.task

    @property
    def has_images(self) -> bool:
        """Whether the examples are images: not those of other sources, and not the first few features of an image."""
        numbers = SOURCES[self.source].image_numbers
        return numbers is not None and not 0 < self.features < numbers(self)

    def why_no_images(self) -> str:
        """Why the examples are no images, and what to do."""
        if SOURCES[self.source].image_numbers:
            return f"the first {self.features} features of {self.source!r} are no images: leave data.features out"
        return f"the source {self.source!r} has no images (those that have: {', '.join(IMAGES)})"
