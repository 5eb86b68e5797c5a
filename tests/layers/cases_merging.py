"""Rows of the table of layers: what makes one tensor of several."""

from tests.layers.case import Case

PAIR = [(2, 5, 3), (2, 5, 3)]
OF_TWO_RANKS = [(2, 5, 3), (2, 3)]

CASES = [
    Case(lambda L: L.Add(), PAIR, free=(1,)),
    Case(lambda L: L.Add(), [*PAIR, (2, 5, 3)], masked=True),
    Case(lambda L: L.Add(), PAIR, masked=(True, False)),
    Case(lambda L: L.Add(), OF_TWO_RANKS),
    Case(lambda L: L.Add(), [(2, 5, 1), (2, 1, 3)]),
    Case(lambda L: L.Subtract(), PAIR, masked=True),
    Case(lambda L: L.Subtract(), [(2, 3), (2, 4, 5, 3)]),
    Case(lambda L: L.Multiply(), PAIR, masked=True),
    Case(lambda L: L.Multiply(), [*PAIR, (2, 5, 3)], masked=(True, False, True)),
    Case(lambda L: L.Multiply(), OF_TWO_RANKS),
    Case(lambda L: L.Average(), [*PAIR, (2, 5, 3)], masked=True),
    Case(lambda L: L.Average(), PAIR, masked=(False, True)),
    Case(lambda L: L.Maximum(), PAIR, masked=True),
    Case(lambda L: L.Maximum(), [*PAIR, (2, 5, 3)], masked=(False, True, False)),
    Case(lambda L: L.Maximum(), OF_TWO_RANKS),
    Case(lambda L: L.Minimum(), PAIR, masked=True),
    Case(lambda L: L.Concatenate(), [(2, 5, 3), (2, 5, 2), (2, 5, 1)], free=(1,)),
    Case(lambda L: L.Concatenate(), [(2, 5, 3), (2, 5, 2)], masked=True),
    Case(lambda L: L.Concatenate(), [(2, 5, 3), (2, 5, 2)], masked=(True, False)),
    Case(lambda L: L.Concatenate(axis=1), [(2, 5, 3), (2, 4, 3)], masked=True),
    Case(lambda L: L.Concatenate(axis=1), [(2, 5, 3), (2, 4, 3)], masked=(False, True), free=(1,)),
    Case(lambda L: L.Concatenate(axis=-2), [(2, 4, 3, 2), (2, 4, 1, 2)], free=(1,)),
    Case(lambda L: L.Dot(axes=1), [(2, 3), (2, 3)]),
    Case(lambda L: L.Dot(axes=-1, normalize=True), [(2, 3), (2, 3)]),
    Case(lambda L: L.Dot(axes=(2, 1)), [(2, 5, 3), (2, 3, 4)], free=(), masked=True),
    Case(lambda L: L.Dot(axes=[1, 2], normalize=True), [(2, 3), (2, 4, 3)]),
    Case(lambda L: L.Dot(axes=-1), PAIR, free=(1,)),
]
