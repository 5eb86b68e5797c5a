"""Patterns of paths: as Python's `re` matches them, and harmless where a file gives them."""

import itertools
import random
import re
import time

import pytest

from plait import optimizers
from plait.core import patterns

PATHS = [
    "",
    "a",
    "b",
    "ab",
    "ba",
    "aab",
    "abab",
    "a/b",
    "encoder/dense_1/kernel",
    "encoder/bias",
    "bias",
    "decoder/bias/x",
]
PLAIN = [
    "",
    "a",
    "ab",
    ".*",
    "a.*",
    ".*b",
    "a.*b",
    ".*a.*b.*",
    "ab.*ab",
    "aa.*a",
    ".*/bias",
    "encoder/.*",
    "bias",
    ".*.*",
]
OTHERS = ["a|b", "a+", "[ab]*", "(ab)+", "a?b", r"\w+/bias", "a.b", "^a", "b$", "a{2}b"]


@pytest.mark.parametrize("pattern", PLAIN + OTHERS)
def test_they_match_as_regular_expressions_do(pattern):
    assert patterns.is_plain(pattern) == (pattern in PLAIN)
    for path in PATHS:
        assert patterns.fits(pattern, path) == (re.fullmatch(pattern, path) is not None), path
        assert patterns.occurs(pattern, path) == (re.search(pattern, path) is not None), path


def test_drawn_patterns_match_as_regular_expressions_do():
    draw = random.Random(0)
    for _ in range(300):
        pattern = "".join(draw.choice(["a", "b", ".*"]) for _ in range(draw.randrange(6)))
        for path in map("".join, itertools.product("ab", repeat=4)):
            assert patterns.fits(pattern, path) == (re.fullmatch(pattern, path) is not None), (pattern, path)
            assert patterns.occurs(pattern, path) == (re.search(pattern, path) is not None), (pattern, path)


def test_many_wildcards_take_no_longer_for_it():
    began = time.process_time()
    assert not patterns.fits(".*a" * 1000 + "b", "a" * 100_000)
    # `re` would take longer than the universe has been there; this takes a few thousandths of a second.
    assert time.process_time() - began < 10


@pytest.mark.parametrize("pattern", [*OTHERS, "(a+)+$", 3, None])
def test_what_is_more_than_text_does_not_come_from_a_config(pattern):
    with pytest.raises(ValueError, match=r"Muon takes no regular expression but text and \.\* from a config"):
        patterns.check_from_config("Muon", pattern)


@pytest.mark.parametrize(
    "make",
    [
        lambda pattern: optimizers.groups({pattern: "sgd"}, "adam"),
        lambda pattern: optimizers.Muon(exclude_layers=[pattern]),
        lambda pattern: optimizers.MultiOptimizer(optimizers.OptimizerMap("adam", {pattern: optimizers.SGD()})),
    ],
)
def test_an_optimizer_is_made_from_a_config_with_text_and_wildcards_alone(make):
    again = optimizers.get(optimizers.serialize(make("encoder/.*")))
    assert optimizers.serialize(again) == optimizers.serialize(make("encoder/.*"))
    with pytest.raises(ValueError, match=r"no regular expression but text and \.\* from a config"):
        optimizers.get(optimizers.serialize(make("(a+)+$")))
