"""Whole numbers turned into places in a vocabulary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from plait.core import errors, registry
from plait.core.context import Context
from plait.core.fields import dataclass
from plait.core.weight import Weight
from plait.functional import encoding, ids, lookup
from plait.graph import checks
from plait.layers.preprocessing import adapting
from plait.layers.preprocessing.hashing import checked_salt
from plait.layers.preprocessing.index_lookup import IndexLookup


@registry.register
@dataclass(eq=False, repr=False)
class IntegerLookup(IndexLookup):
    """Turns each whole number into its place in a vocabulary, which is given, or found by `adapt(data)`.

    In a model it is part of the compiled program, unless unknown numbers are hashed. The places are those of the mask,
    of unknown numbers, and of the vocabulary, in this order; where vectors are made, there is no mask, and masked
    numbers are left out.

    Shapes: "int": any -> the same; "one_hot": (batch, ..., 1) and (batch, ...) -> (batch, ..., tokens);
            "multi_hot", "count" and "tf_idf": (batch, samples) -> (batch, tokens)
    Args:   max_tokens: how many tokens there may be, with those for the mask and unknown numbers.
            num_oov_indices: how many places unknown numbers share; with 0 they are an error where data are at hand,
            and -1 elsewhere.
            mask_token: what is masked; None for nothing.
            oov_token: what stands for unknown numbers.
            vocabulary: the numbers, or the path of a file with one per line.
            vocabulary_dtype: "int64".
            idf_weights: the factor of each in "tf_idf".
            invert: turn places into numbers.
            output_mode: "int", "one_hot", "multi_hot", "count" or "tf_idf", counts times log(1 + documents / (1 +
            documents that have the number)).
            sparse: False; there are no sparse outputs.
            pad_to_max_tokens: make vectors of max_tokens, however many tokens there are.
            oov_method: which of the places an unknown number has: "floormod", the remainder, or "farmhash".
            salt: with "farmhash", one or two whole numbers, which make the hashes others.
    Errors: ValueError for a wrong argument or an unknown number without a place; RuntimeError without a vocabulary.
    """

    max_tokens: int | None = None
    num_oov_indices: int = 1
    mask_token: int | None = None
    oov_token: int | None = -1
    vocabulary: Any = None
    vocabulary_dtype: str = "int64"
    idf_weights: Any = None
    invert: bool = False
    output_mode: str = "int"
    sparse: bool = False
    pad_to_max_tokens: bool = False
    oov_method: str = "floormod"
    salt: int | Sequence[int] | None = None

    kinds = token_kinds = adapting.NUMBERS

    def check(self) -> None:
        """Checks the arguments, and takes the vocabulary."""
        checks.one_of(self, "vocabulary_dtype", ("int64",))
        checks.one_of(self, "oov_method", ("floormod", "farmhash"))
        self.salt = checked_salt(self, self.salt)
        if self.salt is not None and self.oov_method != "farmhash":
            raise ValueError(errors.explain(f'{self} takes a salt only with oov_method="farmhash", got {self.salt!r}.'))
        self.check_lookup()
        self.runs_on_host = self.oov_method == "farmhash" and self.num_oov_indices > 1 and not self.invert

    def _array_of(self, tokens: Any) -> np.ndarray:
        # A file holds text.
        is_text = isinstance(tokens, list) and all(isinstance(token, str) for token in tokens)
        return self.taken([int(token) for token in tokens] if is_text else tokens).astype(np.int64)

    def documents(self, data: np.ndarray) -> list[list[Any]]:
        """Returns the numbers of each example."""
        return super().documents(data.astype(np.int64))

    def on_host(self, data: np.ndarray) -> np.ndarray:
        """Looks each number up."""
        return super().on_host(data.astype(np.int64))

    def bins_of_unknown(self, tokens: list[Any]) -> np.ndarray:
        """Returns which of the places for unknown numbers each of these has."""
        return super().bins_of_unknown(tokens) if self.runs_on_host else np.array(tokens) % self.num_oov_indices

    def apply(self, values: Mapping[Weight, Any], inputs: Any, ctx: Context, **_: Any) -> Any:
        """Looks the numbers up in the compiled program."""
        if self.runs_on_host:
            return super().apply(values, inputs, ctx)
        self.check_is_known()
        tokens = inputs.astype(self._integers)
        if self.invert:
            vocabulary = self._constant(self.get_vocabulary())
            place = jnp.arange(vocabulary.size, dtype=tokens.dtype)
            return lookup.places(tokens, place, vocabulary, jnp.full_like(tokens, self.oov_token or 0))
        keys, found = zip(*sorted(self._places.items()), strict=True)
        unknown = jnp.full_like(tokens, -1)
        if self.num_oov_indices:
            unknown = self._first_unknown + tokens % self.num_oov_indices
        places = lookup.places(tokens, self._constant(keys), self._constant(found), unknown)
        return self._weighed(encoding.encode(places, self._depth_in_use(), self._way, self._output_dtype))

    @property
    def _integers(self) -> Any:
        """The widest whole numbers of compiled programs."""
        return jax.dtypes.canonicalize_dtype(np.int64)

    def _constant(self, numbers: Any) -> Any:
        limits = np.iinfo(self._integers)
        if max(numbers) > limits.max or min(numbers) < limits.min:
            raise ValueError(
                errors.explain(
                    f"{self} has a vocabulary of numbers up to {max(map(abs, numbers))}, too large for the "
                    f"{self._integers} of a compiled program.",
                    "Call it on the data before they are given to the model.",
                )
            )
        return jnp.asarray(np.array(numbers, self._integers))

    def problem_with(self, array: Any) -> str | None:
        """Returns which number is not whole, or has no place, seen on the host before training."""
        array = np.asarray(array)
        if wrong := ids.not_whole(array):
            return f"it takes whole numbers, got {wrong}."
        if self.num_oov_indices or self.invert or not self._known:
            return None
        unknown = array[~np.isin(array, list(self._places))]
        return f"it does not know {int(unknown[0])}. Give it num_oov_indices=1." if unknown.size else None
