"""What no test may touch, the person's own log and data; and how many threads the tests train on."""

import os

import pytest

# Before torch is imported: on networks this small a second thread costs more than it brings.
os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture(scope="session", autouse=True)
def _nothing_outside_of_the_tests_is_written(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        yield
