"""Texts cut into tokens, and these turned into places in a vocabulary."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from plait.core import errors, registry
from plait.core.fields import dataclass
from plait.functional import encoding, text
from plait.graph import checks
from plait.graph.shapes import InputSpec, Shape
from plait.layers.preprocessing.index_lookup import IndexLookup
from plait.layers.preprocessing.vocabulary_layer import MODES


@registry.register
@dataclass(eq=False, repr=False)
class TextVectorization(IndexLookup):
    """Turns each text into the places of its tokens in a vocabulary, which is given, or found by `adapt(data)`.

    Works on the host: by itself, or first in a model. Place 0 is padding and 1 is for unknown tokens; where vectors
    are made, 0 is for unknown tokens.

    Shapes: "int": (batch,) and (batch, 1) -> (batch, tokens of the longest text, or output_sequence_length);
            else (batch, places)
    Args:   max_tokens: how many places there may be.
            standardize: "lower_and_strip_punctuation", "lower", "strip_punctuation", a function of an array of texts,
            or None. Only letters and punctuation of ASCII are meant.
            split: "whitespace", "character", a function from an array of texts to a list of tokens for each, or None
            for texts that are tokens, (batch, tokens).
            ngrams: runs of how many tokens are taken: up to this number, or of these numbers; None for single tokens.
            output_mode: "int", "multi_hot", "count" or "tf_idf", counts times log(1 + documents / (1 + documents
            that have the token)).
            output_sequence_length: how many places there are for each text, which is cut or padded with 0.
            pad_to_max_tokens: make vectors of max_tokens, however many tokens there are.
            vocabulary: the tokens, or the path of a file with one per line.
            idf_weights: the factor of each in "tf_idf".
            sparse, ragged: False; outputs are dense.
            encoding: of bytes.
    Errors: ValueError for a wrong argument or inputs of another shape; RuntimeError without a vocabulary.
    """

    max_tokens: int | None = None
    standardize: str | Callable[..., Any] | None = "lower_and_strip_punctuation"
    split: str | Callable[..., Any] | None = "whitespace"
    ngrams: int | tuple[int, ...] | None = None
    output_mode: str = "int"
    output_sequence_length: int | None = None
    pad_to_max_tokens: bool = False
    vocabulary: Any = None
    idf_weights: Any = None
    sparse: bool = False
    ragged: bool = False
    encoding: str = "utf-8"

    # No fields, and so without annotations.
    num_oov_indices = 1
    mask_token = ""
    oov_token = "[UNK]"
    invert = False
    salt = None
    homes_in_files = ("vars", "_lookup_layer/vars")

    def check(self) -> None:
        """Checks the arguments, and takes the vocabulary."""
        for name, table in (("standardize", text.STANDARDIZE), ("split", text.SPLIT)):
            if not callable(getattr(self, name)):
                checks.one_of(self, name, (*table, None))
        self.ngrams = tuple(self.ngrams) if isinstance(self.ngrams, list) else self.ngrams
        if not all(isinstance(width, int) and width > 0 for width in self._widths):
            raise ValueError(
                errors.explain(f"{self} needs a positive integer, or a tuple of them, for ngrams, got {self.ngrams!r}.")
            )
        if self.output_sequence_length is not None:
            checks.positive(self, "output_sequence_length")
        self.check_dense("ragged")
        self.check_lookup(tuple(mode for mode in MODES if mode != "one_hot"))
        if self.output_mode != "int" and self.output_sequence_length is not None:
            raise ValueError(
                errors.explain(f'{self} needs output_mode="int" with output_sequence_length, got {self.output_mode!r}.')
            )
        self.input_spec = InputSpec(max_ndim=2)

    @property
    def _widths(self) -> tuple[Any, ...]:
        if isinstance(self.ngrams, int):
            return tuple(range(1, self.ngrams + 1)) or (0,)
        return self.ngrams if isinstance(self.ngrams, tuple) else () if self.ngrams is None else (self.ngrams,)

    def documents(self, data: np.ndarray) -> list[list[str]]:
        """Returns the tokens of each text."""
        self._check_shape(data.shape)
        rows = self._split(self._standardized(data if self.split is None else data.reshape(-1)))
        return [text.ngrams(row, self._widths) for row in rows] if self._widths else rows

    def _check_shape(self, shape: Shape) -> None:
        if self.split is not None and len(shape) > 1 and shape[1:] != (1,):
            raise ValueError(
                errors.explain(
                    f"{self} splits texts of shape (batch,) or (batch, 1), got shape {tuple(shape)}.",
                    "With split=None it takes tokens of shape (batch, tokens).",
                )
            )

    def _standardized(self, texts: np.ndarray) -> np.ndarray:
        if self.standardize is None:
            return texts
        if callable(self.standardize):
            # As strings of NumPy's, whose functions for them the user's calls.
            return np.asarray(self.standardize(np.asarray(texts, "U")))
        change = text.STANDARDIZE[self.standardize]
        return np.array([*map(change, texts.reshape(-1).tolist()), None], object)[:-1].reshape(texts.shape)

    def _split(self, texts: np.ndarray) -> list[list[str]]:
        if self.split is None:
            return texts.reshape(len(texts), -1).tolist()
        if callable(self.split):
            return [[str(token) for token in row] for row in self.split(np.asarray(texts, "U"))]
        return list(map(text.SPLIT[self.split], texts.tolist()))

    def on_host(self, data: np.ndarray) -> np.ndarray:
        """Cuts the texts, and looks their tokens up."""
        self.check_is_known()
        rows = self.documents(data.reshape((1,)) if data.ndim == 0 else data)
        places = self.places([token for row in rows for token in row])
        lengths = np.array([len(row) for row in rows], np.int64)
        if self.output_mode == "int":
            length = self.output_sequence_length or lengths.max(initial=0)
            outputs = text.padded(places, lengths, length).astype(self._output_dtype)
        else:
            numbers = np.repeat(np.arange(len(rows)), lengths)
            depth = self._depth_in_use()
            outputs = self._weighed(
                encoding.encode_rows(places, numbers, len(rows), depth, self._way, self._output_dtype)
            )
        return outputs[0] if data.ndim == 0 else outputs

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Returns the number of texts, and that of tokens or places, which is None where it depends on the texts."""
        self._check_shape(tuple(input_shape))
        if self.output_mode == "int":
            is_cut = self.split is None and not self._widths and len(input_shape) > 1
            return (input_shape[0], self.output_sequence_length or (input_shape[1] if is_cut else None))
        return super().compute_output_shape((input_shape[0], None))

    def adapt(self, data: Any, batch_size: int | None = None, steps: int | None = None) -> None:
        """Makes a vocabulary of the tokens in the data, the most frequent first, `max_tokens` of them at most.

        Args:   data: an array or list of texts, or what gives batches.
                batch_size: for Keras's sake.
                steps: how many batches are read; all if not given.
        Errors: ValueError if the vocabulary was given to the layer when it was made, or there are no tokens.
        """
        super().adapt(data, steps)
