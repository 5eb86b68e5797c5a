"""A file that is made to do harm costs whoever opens it little time and memory."""

import sys

import pytest

from tests.security import crafted
from tests.security.opening import Opener
from tests.security.test_files import FILES

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="what a process takes is asked of Linux")

# Of a processor; most are refused within a hundredth of that.
MOST_SECONDS, MOST_BYTES = 1.0, 200 * 2**20


@pytest.fixture(scope="module")
def opener():
    with Opener(50 * MOST_SECONDS) as one:
        yield one


def test_a_sound_file_is_opened(opener, tmp_path):
    crafted.sound(tmp_path / "m.keras")
    assert opener.open(tmp_path / "m.keras").outcome == "opened"


@pytest.mark.parametrize(("write", "name"), FILES.values(), ids=FILES)
def test_it_is_refused_at_once_and_in_little_memory(write, name, opener, tmp_path):
    write(tmp_path / name)
    outcome = opener.open(tmp_path / name)
    assert outcome.outcome == "refused", outcome
    assert outcome.seconds < MOST_SECONDS
    assert outcome.bytes < MOST_BYTES
