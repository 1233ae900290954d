"""Several runs beside one another, from their files: as one run whose arms are those of all. No torch is imported."""

from engine.compare.differences import differences
from engine.compare.worker import ComparedWorker

__all__ = ["ComparedWorker", "differences"]
