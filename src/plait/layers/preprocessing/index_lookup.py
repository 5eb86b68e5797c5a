"""What the layers share that turn tokens into their places in a vocabulary."""

from __future__ import annotations

from typing import Any, cast

import jax
import numpy as np

from plait.core import errors
from plait.functional import encoding
from plait.graph.shapes import Shape, Spec
from plait.layers.preprocessing import adapting
from plait.layers.preprocessing.hashing import bins_of
from plait.layers.preprocessing.vocabulary_layer import VocabularyLayer

# A place that no token has.
_UNKNOWN = -2


class IndexLookup(VocabularyLayer):
    """Turns tokens into their places in a vocabulary: the mask, those for unknown tokens, then the known ones."""

    def on_host(self, data: np.ndarray) -> np.ndarray:
        """Looks each token up, and encodes the places; or each place, with `invert`."""
        self.check_is_known()
        elements = data.reshape(-1).tolist()
        if self.invert:
            return self._inverted(elements).reshape(data.shape)
        places = self.places(elements).reshape(data.shape)
        return self._weighed(encoding.encode_on_host(places, self._depth_in_use(), self._way, self._output_dtype))

    def places(self, tokens: list[Any]) -> np.ndarray:
        """Returns the place of each token; where vectors are made, that of the mask is outside of them.

        Errors: ValueError for an unknown token where there is no place for it.
        """
        found = np.array([self._places.get(token, _UNKNOWN) for token in tokens], np.int64)
        unknown = [tokens[number] for number in np.flatnonzero(found == _UNKNOWN)]
        if unknown and self.num_oov_indices == 0:
            raise ValueError(
                errors.explain(
                    f"{self} does not know {unknown[0]!r}, and has no place for unknown tokens.",
                    "Give it num_oov_indices=1.",
                )
            )
        if unknown:
            bins = self.bins_of_unknown(unknown) if self.num_oov_indices > 1 else 0
            found[found == _UNKNOWN] = self._first_unknown + bins
        return found

    def bins_of_unknown(self, tokens: list[Any]) -> np.ndarray:
        """Returns which of the places for unknown tokens each of these has."""
        return bins_of(tokens, self.num_oov_indices, self.salt)

    def _weighed(self, vectors: Any) -> Any:
        """Returns counts, in an array of NumPy's or of JAX's, times the weights of the tokens in "tf_idf"."""
        if self.output_mode != "tf_idf":
            return vectors
        factors = cast(np.ndarray, self._factors).astype(self._output_dtype)
        return vectors * factors.reshape((1,) * (vectors.ndim - 1) + factors.shape)

    @property
    def _way(self) -> str:
        """How places are encoded."""
        return "count" if self.output_mode == "tf_idf" else self.output_mode

    def _inverted(self, places: list[int]) -> np.ndarray:
        tokens = self.get_vocabulary()
        found = [tokens[place] if 0 <= place < len(tokens) else self.oov_token for place in places]
        return np.array(found, "U" if self.token_kinds == adapting.TEXT else "int64")

    def _depth_in_use(self) -> int:
        """Returns how long vectors are, and remembers that they were made.

        Errors: RuntimeError if there is no vocabulary yet, and none is to come.
        """
        if self.output_mode == "int":
            return 0
        if self.pad_to_max_tokens:
            return self.max_tokens or 0
        if not self._promised_size:
            self.check_is_known()
        self._drawn_depth = self.vocabulary_size() if self._known else self._promised_size
        return cast(int, self._drawn_depth)

    @property
    def _output_dtype(self) -> str:
        return jax.dtypes.canonicalize_dtype("int64").name if self.output_mode == "int" else self.compute_dtype

    def compute_output_spec(self, specs: Any, **_: Any) -> Any:
        """Returns shape and dtype of the outputs."""
        return Spec(self.compute_output_shape(specs.shape), self._output_dtype)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Returns the input's shape, or with an axis of tokens in place of that of the samples."""
        return encoding.encoded_shape(tuple(input_shape), self._depth_in_use(), self._way)
