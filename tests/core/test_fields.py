"""Dataclasses whose constructor is written later: nobody can tell, except by the time that an import takes."""

import dataclasses
import inspect
import threading
from dataclasses import KW_ONLY, InitVar
from typing import Any

import pytest

from plait.core.fields import dataclass


def measures():
    """Returns a new class like Plait's own, and one below it."""

    @dataclass(eq=False)
    class Length:
        metres: float
        unit: str = "m"
        _: KW_ONLY
        rounded: bool = False
        feet: InitVar[float | None] = None

        def __post_init__(self, feet: float | None) -> None:
            if feet is not None:
                self.metres = feet * 0.3048

    @dataclass(eq=False)
    class Height(Length):
        above: str = "sea level"

    return Length, Height


def test_objects_are_made_by_position_and_by_name():
    _, Height = measures()
    height = Height(3.0, "m", "ground", rounded=True)
    assert (height.metres, height.unit, height.above, height.rounded) == (3.0, "m", "ground", True)


def test_what_is_for_the_constructor_alone_reaches_post_init():
    _, Height = measures()
    assert Height(0.0, feet=10.0).metres == pytest.approx(3.048)


def test_a_wrong_argument_is_refused():
    Length, _ = measures()
    with pytest.raises(TypeError, match="unexpected keyword argument 'yards'"):
        Length(1.0, yards=1.0)


def test_fields_signature_and_repr_are_those_of_any_dataclass():
    Length, Height = measures()

    @dataclasses.dataclass(eq=False)
    class Plain(Length):
        above: str = "sea level"

    assert [field.name for field in dataclasses.fields(Height)] == [field.name for field in dataclasses.fields(Plain)]
    assert inspect.signature(Height) == inspect.signature(Plain)
    assert repr(Height(3.0)).partition("(")[1:] == repr(Plain(3.0)).partition("(")[1:]


def test_a_class_below_may_have_a_constructor_of_its_own():
    Length, _ = measures()

    class Mile(Length):
        def __init__(self) -> None:
            super().__init__(1609.344)

    assert Mile().metres == 1609.344


def test_threads_may_make_the_first_objects_at_once():
    Length, _ = measures()
    made: list[Any] = []
    threads = [threading.Thread(target=lambda: made.append(Length(1.0))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [length.metres for length in made] == [1.0] * 8


def test_a_default_stays_what_it_was_when_the_class_has_made_a_property_of_the_name_since():
    Length, _ = measures()
    Length.feet = property(lambda length: length.metres / 0.3048)

    assert Length(3.048).feet == pytest.approx(10.0)
    assert Length(0.0, feet=20.0).feet == pytest.approx(20.0)


def test_a_default_can_be_made_for_each_object():
    @dataclass(eq=False)
    class Bag:
        things: list[int] = dataclasses.field(default_factory=list)
        full: bool = dataclasses.field(default=False, init=False)

    assert Bag().things is not Bag().things
    with pytest.raises(TypeError, match="unexpected keyword argument 'full'"):
        Bag(full=True)


def test_a_class_with_eq_is_refused():
    with pytest.raises(TypeError, match=r"is one for dataclasses\.dataclass"):

        @dataclass(eq=True)
        class Value:
            number: int
