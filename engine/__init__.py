"""What an experiment is and how it runs; sees no screen."""

import os

# Torch's OpenMP threads spin while they wait for one another: by default so long that a step is ten times slower where
# another process or the screen takes one of the cores. Never spinning costs half the speed of a machine that is idle.
# A short spin is nearly the best of both (epoch of the default preset on 2 cores, idle and with one core taken:
# 20 and 210 ms at 20,000 turns, 21 and 50 ms at 1,000, 34 and 31 ms at none). Read when torch is first imported.
if "OMP_WAIT_POLICY" not in os.environ:
    os.environ.setdefault("GOMP_SPINCOUNT", "1000")
