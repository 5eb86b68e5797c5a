"""Files changed at random are opened or refused with a ValueError, at once and in little memory; nothing else."""

import sys

import pytest

from tests.security import fuzz

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="what a process takes is asked of Linux")


@pytest.mark.parametrize(("seconds", "seed"), [(10, 0), pytest.param(120, 1, marks=pytest.mark.slow)])
def test_a_file_changed_at_random_does_nothing_but_open_or_be_refused(seconds, seed, tmp_path):
    found = fuzz.run(seconds, seed, tmp_path)
    assert found.problems == []
    assert found.counts["refused"] > 0


def test_a_case_is_the_same_whenever_it_is_made(tmp_path):
    files = fuzz.corpus.seeds(tmp_path)
    assert [fuzz.case(3, number, files) for number in range(20)] == [
        fuzz.case(3, number, files) for number in range(20)
    ]
