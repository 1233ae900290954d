"""What an experiment is and how it runs; sees no screen."""

import os

# Torch's OpenMP threads spin while they wait for one another. Where another process or the screen takes one of the
# cores, spinning makes a step ten times slower (measured: 2 against 21 epochs a second); sleeping costs next to
# nothing. It is read when torch is first imported, so it must be set before.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
