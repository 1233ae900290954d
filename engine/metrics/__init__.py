"""What is measured of a lane after an epoch: each number declared once, in one place, by name."""

from engine.metrics.declared import (
    LACKING,
    METRICS,
    Metric,
    Predictions,
    average_of,
    functions,
    metric,
    metric_of,
)

from engine.metrics import calibration  # isort: skip  # declares its metric

__all__ = [
    "LACKING",
    "METRICS",
    "Metric",
    "Predictions",
    "average_of",
    "calibration",
    "functions",
    "metric",
    "metric_of",
]
