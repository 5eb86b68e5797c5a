"""Text turned into places in a vocabulary."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY
from typing import Any

from plait.core import errors, registry
from plait.core.fields import dataclass
from plait.layers.preprocessing import adapting
from plait.layers.preprocessing.hashing import checked_salt
from plait.layers.preprocessing.index_lookup import IndexLookup


@registry.register
@dataclass(eq=False, repr=False)
class StringLookup(IndexLookup):
    """Turns each text into its place in a vocabulary, which is given, or found by `adapt(data)`.

    Works on the host: by itself, or first in a model. The places are those of the mask, of unknown texts, and of the
    vocabulary, in this order; where vectors are made, there is no mask, and masked texts are left out.

    Shapes: "int": any -> the same; "one_hot": (batch, ..., 1) and (batch, ...) -> (batch, ..., tokens);
            "multi_hot", "count" and "tf_idf": (batch, samples) -> (batch, tokens)
    Args:   max_tokens: how many tokens there may be, with those for the mask and unknown texts.
            num_oov_indices: how many places unknown texts share, by their hash; with 0 they are an error.
            mask_token: what is masked; None for nothing.
            oov_token: what stands for unknown texts.
            vocabulary: the texts, or the path of a file with one per line.
            idf_weights: the factor of each in "tf_idf".
            invert: turn places into texts.
            output_mode: "int", "one_hot", "multi_hot", "count" or "tf_idf", counts times log(1 + documents / (1 +
            documents that have the text)).
            pad_to_max_tokens: make vectors of max_tokens, however many tokens there are.
            sparse: False; there are no sparse outputs.
            encoding: of bytes.
            salt: one or two whole numbers, which make the hashes others.
    Errors: ValueError for a wrong argument or an unknown text without a place; RuntimeError without a vocabulary.
    """

    max_tokens: int | None = None
    num_oov_indices: int = 1
    mask_token: str | None = None
    oov_token: str | None = "[UNK]"
    vocabulary: Any = None
    idf_weights: Any = None
    invert: bool = False
    output_mode: str = "int"
    pad_to_max_tokens: bool = False
    sparse: bool = False
    encoding: str = "utf-8"
    # By name only: Keras has the layer's name in between.
    _: KW_ONLY
    salt: int | Sequence[int] | None = None

    def check(self) -> None:
        """Checks the arguments, and takes the vocabulary."""
        self.kinds = adapting.NUMBERS if self.invert else adapting.TEXT
        self.salt = checked_salt(self, self.salt)
        self.check_lookup()

    def compute_output_spec(self, specs: Any, **_: Any) -> Any:
        """Returns shape and dtype of the outputs.

        Errors: ValueError with `invert`: models give no text.
        """
        if self.invert:
            raise ValueError(
                errors.explain(f"{self} gives text, which is nothing for a model.", "Call it on what the model gives.")
            )
        return super().compute_output_spec(specs)
