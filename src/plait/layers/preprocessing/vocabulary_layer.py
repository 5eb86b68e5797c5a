"""What the layers share that have a vocabulary: it is given, or learned, and kept."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import numpy as np

from plait.core import errors
from plait.functional import encoding
from plait.graph import checks
from plait.graph.shapes import InputSpec
from plait.layers.preprocessing import adapting, vocabularies
from plait.layers.preprocessing.data_layer import HostLayer

MODES = (*encoding.MODES, "tf_idf")
# What Keras once called them.
_RENAMED = {"binary": "multi_hot", "tf-idf": "tf_idf"}
# What a config of Keras's says besides the arguments.
_NOT_ARGUMENTS = frozenset(["vocabulary_size", "has_input_vocabulary", "oov_method"])
# A place that no vector has.
_OUTSIDE = -1


class VocabularyLayer(HostLayer):
    """Keeps the places of tokens: that of the mask, those for unknown tokens, then those of the known ones.

    A subclass has fields of these names, or attributes in their place.
    """

    max_tokens: int | None
    num_oov_indices: int
    mask_token: Any
    oov_token: Any
    vocabulary: Any
    idf_weights: Any
    invert: bool
    output_mode: str
    pad_to_max_tokens: bool
    salt: Any

    # Where Keras's files have the factors of "tf_idf", inside of it.
    homes_in_files: tuple[str, ...] = ("vars",)
    # What tokens are; `kinds` is what the layer is called on.
    kinds = token_kinds = adapting.TEXT

    # ------------------------------------------------------------------------------------------ it is made

    def check_lookup(self, modes: tuple[str, ...] = MODES) -> None:
        """Checks the arguments of a lookup, and takes the vocabulary if one is given."""
        # Tokens that are numbers are not to be rounded.
        self.autocast = False
        self.output_mode = _RENAMED.get(self.output_mode, self.output_mode)
        checks.one_of(self, "output_mode", modes)
        self.check_dense("sparse")
        if problem := self._problem():
            raise ValueError(errors.explain(f"{self} needs {problem}."))
        if self.output_mode in ("multi_hot", "count", "tf_idf"):
            # With more axes, which of them is that of the samples would be a guess.
            self.input_spec = InputSpec(max_ndim=2)
        self._known: list[Any] = []
        self._places: dict[Any, int] = {}
        self._factors: np.ndarray | None = None
        self._drawn_depth: int | None = None
        self._promised_size: int | None = None
        self._is_given = self.vocabulary is not None
        if self._is_given:
            self.set_vocabulary(self.vocabulary, self.idf_weights)

    def _problem(self) -> str | None:
        """Returns what is wrong with the arguments, as the end of a sentence that starts with "needs", or None."""
        if self.max_tokens is not None and (not isinstance(self.max_tokens, int) or self.max_tokens <= 1):
            return f"an integer above 1 for max_tokens, got {self.max_tokens!r}"
        if not isinstance(self.num_oov_indices, int) or self.num_oov_indices < 0:
            return f"an integer of 0 or more for num_oov_indices, got {self.num_oov_indices!r}"
        if self.pad_to_max_tokens and self.max_tokens is None:
            return "max_tokens with pad_to_max_tokens, got None"
        if self.invert and self.output_mode != "int":
            return f'output_mode="int" with invert, got {self.output_mode!r}'
        if self.invert and self.oov_token is None:
            return "an oov_token with invert, got None"
        if self.idf_weights is not None and self.output_mode != "tf_idf":
            return f'output_mode="tf_idf" with idf_weights, got {self.output_mode!r}'
        if self.idf_weights is not None and self.vocabulary is None:
            return "a vocabulary with idf_weights, got None"
        return None

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Any:
        """Returns a layer made with these arguments.

        Errors: ValueError for a vocabulary that is a path: no file is read because a config names it.
        """
        if isinstance(config.get("vocabulary"), str):
            raise ValueError(
                errors.explain(
                    f"This config of a {cls.__name__} names a vocabulary file, which is not read: "
                    f"{config['vocabulary']!r}.",
                    "Give the layer its vocabulary with set_vocabulary(…).",
                )
            )
        unknown = _NOT_ARGUMENTS - inspect.signature(cls).parameters.keys()
        layer = super().from_config({name: value for name, value in config.items() if name not in unknown})
        # Of tokens that were learned Keras says here only how many there are; they come when the model is made.
        size = config.get("vocabulary_size")
        layer._promised_size = size if isinstance(size, int) and size > len(layer._special) else None
        return layer

    # ------------------------------------------------------------------------------------------ its vocabulary

    @property
    def _first_unknown(self) -> int:
        return 1 if self.mask_token is not None and self.output_mode == "int" else 0

    @property
    def _special(self) -> list[Any]:
        """The tokens that stand before the known ones."""
        return [self.mask_token] * self._first_unknown + [self.oov_token] * self.num_oov_indices

    def vocabulary_size(self) -> int:
        """Returns how many tokens there are, with those for the mask and unknown tokens."""
        return len(self._special) + len(self._known)

    def get_vocabulary(self, include_special_tokens: bool = True) -> list[Any]:
        """Returns the tokens in the order of their places.

        Args: include_special_tokens: whether those for the mask and unknown tokens, which come first, are included.
        """
        return [*(self._special if include_special_tokens else []), *self._known]

    @property
    def extra_in_files(self) -> dict[str, np.ndarray]:
        """The factors of "tf_idf", which Keras does not start without."""
        return {} if self._factors is None else {f"{home}/idf_weights": self._factors for home in self.homes_in_files}

    def check_is_known(self) -> None:
        """Makes sure that there is a vocabulary.

        Errors: RuntimeError if there is none yet.
        """
        if not self._known:
            raise RuntimeError(
                errors.explain(f"{self} has no vocabulary yet.", "Call adapt(data) or set_vocabulary(tokens) first.")
            )

    def set_vocabulary(self, vocabulary: Any, idf_weights: Any = None) -> None:
        """Takes a vocabulary in place of the one it has.

        Args:   vocabulary: tokens, or the path of a file with one per line; those for the mask and unknown tokens may
                stand before them.
                idf_weights: the factor of each of these in "tf_idf"; of those left out it is the average.
        Errors: ValueError for a token that is there twice, too many tokens, or weights that do not fit; RuntimeError
                if the layer is part of a compiled program, or was called with vectors of another length.
        """
        if (idf_weights is None) == (self.output_mode == "tf_idf"):
            needs = "needs idf_weights with a vocabulary" if idf_weights is None else "takes no idf_weights"
            raise ValueError(errors.explain(f"{self} {needs} in output_mode={self.output_mode!r}."))
        lines = vocabularies.read(self, vocabulary) if isinstance(vocabulary, str) else vocabulary
        tokens = self._array_of(lines).reshape(-1).tolist() if len(lines) else []
        known = vocabularies.without_special(self, tokens, self._special)
        size = len(self._special) + len(known)
        if self.max_tokens is not None and size > self.max_tokens:
            raise ValueError(
                errors.explain(
                    f"{self} needs a vocabulary of at most max_tokens={self.max_tokens} tokens, got {size} with those "
                    "for the mask and unknown tokens."
                )
            )
        factors = None if idf_weights is None else np.asarray(idf_weights, np.float32)
        if factors is not None and factors.shape != (len(tokens),):
            raise ValueError(
                errors.explain(
                    f"{self} needs one of the idf_weights for each of {len(tokens)} tokens, got shape {factors.shape}."
                )
            )
        self._learn(known, factors)
        # As it was given: weights of special tokens would be lost.
        self.vocabulary = tokens

    def adapt(self, data: Any, steps: int | None = None) -> None:
        """Makes a vocabulary of the tokens in the data, the most frequent first, `max_tokens` of them at most.

        Args:   data: an array or list, or what gives batches.
                steps: how many batches are read; all if not given.
        Errors: ValueError if the vocabulary was given to the layer when it was made, or there are no tokens;
                RuntimeError as set_vocabulary.
        """
        if self._is_given:
            raise ValueError(
                errors.explain(f"{self} was given its vocabulary, and cannot be adapted.", "Leave the vocabulary out.")
            )
        counts = vocabularies.Counts()
        for batch in adapting.batches(self, data, self.token_kinds, steps):
            counts.add(self.documents(batch))
        limit = None if self.max_tokens is None else max(self.max_tokens - len(self._special), 0)
        known = counts.most_common([self.mask_token, self.oov_token], limit)
        if not known:
            raise ValueError(errors.explain(f"{self} found no tokens in the data."))
        self._learn(known, counts.inverse_document_frequencies(known) if self.output_mode == "tf_idf" else None)

    def documents(self, data: np.ndarray) -> list[list[Any]]:
        """Returns the tokens of each example."""
        return data.reshape(len(data) if data.ndim else 1, -1).tolist()

    def _array_of(self, tokens: Any) -> np.ndarray:
        return adapting.as_array(self, tokens, self.token_kinds)

    def _learn(self, known: list[Any], factors: np.ndarray | None) -> None:
        self.check_is_free()
        size = len(self._special) + len(known)
        if self._drawn_depth not in (None, size):
            raise RuntimeError(
                errors.explain(
                    f"{self} was called with a vocabulary of {self._drawn_depth} tokens, got one of {size}.",
                    "Adapt it before it is called, or give it pad_to_max_tokens=True.",
                )
            )
        self.vocabulary = self._known = known
        self._places = {token: place for place, token in enumerate(known, len(self._special))}
        if self.mask_token is not None:
            self._places[self.mask_token] = 0 if self.output_mode == "int" else _OUTSIDE
        if factors is not None:
            self.idf_weights = factors.tolist()
            # How rare unknown tokens are, nobody knows.
            before = np.full(size - len(factors), factors.mean(), np.float32)
            after = np.zeros((self.max_tokens or size) - size if self.pad_to_max_tokens else 0, np.float32)
            self._factors = np.concatenate([before, factors, after])
