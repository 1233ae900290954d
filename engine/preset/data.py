"""The examples: where they come from, how they are split and scaled."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import field_validator, model_validator

from engine.preset.setting import LARGEST_WHOLE, Section, setting

Source = Literal[
    "digits", "iris", "wine", "breast_cancer",
    "moons", "circles", "gauss", "xor", "spiral",
    "and", "or", "xor4", "curve", "exam", "thumbtack",
    "mnist", "fashionmnist", "cifar10", "cifar100",
    "folder", "csv",
]  # fmt: skip
EMBEDDED: tuple[str, ...] = ("digits", "iris", "wine", "breast_cancer")
SYNTHETIC: tuple[str, ...] = ("moons", "circles", "gauss", "xor", "spiral")
TRUTH_TABLES: tuple[str, ...] = ("and", "or", "xor4")
MEASURED: tuple[str, ...] = ("curve", "exam")
MADE: tuple[str, ...] = (*SYNTHETIC, *MEASURED, "thumbtack")  # of as many samples as are asked for
DOWNLOADED: tuple[str, ...] = ("mnist", "fashionmnist", "cifar10", "cifar100")
IMAGES: tuple[str, ...] = ("digits", *DOWNLOADED, "folder")
# Channels times pixels of an image; a folder's are 3 * size * size.
_NUMBERS = {"digits": 64, "mnist": 784, "fashionmnist": 784, "cifar10": 3072, "cifar100": 3072}

Amount = int | float | None


class Data(Section):
    """What the networks learn from, and how it is split and scaled."""

    source: Source = setting("digits", "where the examples come from")
    path: str = setting("", "the folder of images or the CSV file, for the sources folder and csv")
    unchecked: bool = setting(
        False, "read downloaded sets as they lie in the data folder, even where their md5 is not torchvision's"
    )
    task: Literal["auto", "classification", "binary", "regression"] = setting(
        "auto",
        "classification: an output for each class; binary: one output for two classes; regression: a number, which is"
        " not scaled; auto: by the source (a csv: classification)",
    )
    features: int = setting(0, "only so many first features are seen; 0: all", unit="features", ge=0)
    p_up: float = setting(
        0.6, "how likely a tossed thumbtack lands up", ge=0, le=1, step=0.05, only_with=("data.source", ("thumbtack",))
    )
    target: str = setting("", "the column of a CSV file that is to be predicted")
    size: int = setting(32, "side that images of a folder are resized to", unit="pixels", ge=1, le=512)
    samples: int = setting(1000, "how many points, students or tosses a synthetic set has", unit="examples", ge=10)
    noise: float = setting(0.2, "standard deviation of a synthetic set's noise", ge=0, le=10, step=0.05)
    train: Amount = setting(None, "training examples: a count, a fraction below 1, or nothing for what is left over")
    validation: Amount = setting(None, "validation examples (at most): a count, a fraction, or nothing for the rest")
    test: Amount = setting(
        None, "test examples (at most): a count, a fraction, or nothing for the source's own / half of the rest"
    )
    split: Literal["random", "first", "all"] = setting(
        "random",
        "random: stratified, drawn from the seed; first: in the order of the source; all: every part is all examples",
    )
    scale: Literal["none", "unit", "standard"] = setting(
        "unit", "none; unit: by the source's range to [0, 1]; standard: mean 0, std 1, fitted on train only"
    )

    @field_validator("source", mode="before")
    @classmethod
    def _any_case(cls, value: Any) -> Any:
        return value.lower() if isinstance(value, str) else value

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
    def _can_be_split(self) -> Data:
        if self.split == "all":
            for name in ("train", "validation", "test"):
                if getattr(self, name) is not None:
                    raise ValueError(f'{name}: under split = "all" every part is all examples: leave it out')
        elif self.source in TRUTH_TABLES:
            raise ValueError(f'split: the four rows of {self.source!r} cannot be split: write split = "all"')
        return self

    @model_validator(mode="after")
    def _has_such_targets(self) -> Data:
        if self.task != "regression" and self.task != "auto" and self.source in MEASURED:
            raise ValueError(f"task: {self.source!r} has numbers as targets: its task is regression")
        if self.task == "regression" and self.source not in (*MEASURED, "csv"):
            raise ValueError(
                f"task: {self.source!r} has classes as targets: regression needs {', '.join(MEASURED)} or csv"
            )
        return self

    @property
    def kind(self) -> str:
        """The task that `auto` stands for."""
        if self.task != "auto":
            return self.task
        if self.source in MEASURED:
            return "regression"
        return "binary" if self.source in (*TRUTH_TABLES, "thumbtack") else "classification"

    @property
    def has_images(self) -> bool:
        """Whether the examples are images: not those of other sources, and not the first few features of an image."""
        return self.source in IMAGES and not 0 < self.features < _NUMBERS.get(self.source, 3 * self.size**2)

    def why_no_images(self) -> str:
        """Why the examples are no images, and what to do."""
        if self.source in IMAGES:
            return f"the first {self.features} features of {self.source!r} are no images: leave data.features out"
        return f"the source {self.source!r} has no images (those that have: {', '.join(IMAGES)})"
