"""What no test may touch: the person's own log and data."""

import pytest


@pytest.fixture(scope="session", autouse=True)
def _nothing_outside_of_the_tests_is_written(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        yield
