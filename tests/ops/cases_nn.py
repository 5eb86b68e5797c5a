"""Calls of what networks need. A call is a name, positional arguments, keyword arguments."""

import numpy as np

from tests.ops.arrays import IDS, SIGNAL, A, B

_RANDOM = np.random.default_rng(8)


def drawn(*shape):
    return _RANDOM.normal(size=shape).astype("float32")


IMAGES = drawn(2, 6, 5, 4)
KERNEL = drawn(3, 2, 4, 6)
CHANNELS_FIRST = {"data_format": "channels_first"}
CHANCES = A / A.sum(axis=-1, keepdims=True)
LABELS = np.array([[0, 3, 1], [2, 2, 0]])
QUERIES, KEYS, VALUES = drawn(2, 3, 4, 5), drawn(2, 6, 4, 5), drawn(2, 6, 4, 5)
STEPS = drawn(2, 7, 5)
TARGETS = np.array([[1, 2, 2], [4, 1, 0]])

CALLS = [
    ("multi_hot", (IDS, 4), {}),
    ("multi_hot", (IDS[0], 4), {"dtype": "int32"}),
    ("multi_hot", (IDS, 4), {"axis": 1}),
    ("moments", (A, 1), {}),
    ("moments", (A, (0, 2)), {"keepdims": True}),
    ("moments", (A.astype("float16"), [0, 1, 2]), {}),
    ("batch_normalization", (A, drawn(4), np.abs(drawn(4)), -1), {}),
    ("batch_normalization", (A, drawn(3), np.abs(drawn(3)), 1), {"offset": drawn(3), "scale": drawn(3)}),
    ("batch_normalization", (A, drawn(2), np.abs(drawn(2)), 0), {"scale": drawn(2), "epsilon": 0.1}),
    ("dot_product_attention", (QUERIES, KEYS, VALUES), {}),
    ("dot_product_attention", (QUERIES, KEYS, VALUES), {"scale": 0.1, "is_causal": True, "flash_attention": False}),
    ("dot_product_attention", (QUERIES, KEYS, VALUES), {"bias": drawn(2, 4, 3, 6)}),
    ("dot_product_attention", (QUERIES, KEYS, VALUES), {"mask": drawn(2, 4, 3, 6) > -1}),
    ("layer_normalization", (A,), {}),
    ("layer_normalization", (A,), {"gamma": drawn(3), "beta": drawn(3), "axis": 1, "epsilon": 0.1}),
    ("layer_normalization", (A, drawn(3, 4), drawn(3, 4)), {"axis": [1, 2]}),
    ("layer_normalization", (A.astype("float16"), drawn(4)), {}),
    ("rms_normalization", (A,), {}),
    ("rms_normalization", (A, drawn(4)), {"epsilon": 0.1}),
    ("rms_normalization", (A.astype("float16"),), {"axis": [0, 2]}),
    # Losses
    ("binary_crossentropy", (A, B), {}),
    ("binary_crossentropy", (A, B * 10 - 5), {"from_logits": True}),
    ("categorical_crossentropy", (CHANCES, B), {}),
    ("categorical_crossentropy", (CHANCES, B), {"from_logits": True}),
    ("categorical_crossentropy", (CHANCES, B), {"axis": 1}),
    ("sparse_categorical_crossentropy", (LABELS, B), {}),
    ("sparse_categorical_crossentropy", (LABELS[..., None], B), {"from_logits": True}),
    ("ctc_loss", (TARGETS, STEPS, np.array([3, 2]), np.array([7, 5])), {}),
    ("ctc_loss", (TARGETS, STEPS, np.array([1, 3]), np.array([6, 7])), {"mask_index": 3}),
    ("ctc_decode", (STEPS, np.array([7, 5], "int32")), {}),
    ("ctc_decode", (STEPS, np.array([4, 7], "int32")), {"strategy": "beam_search", "beam_width": 9, "top_paths": 2}),
    ("psnr", (A, B, 1.0), {}),
    # Windows
    ("max_pool", (IMAGES, 2, 2), {}),
    ("max_pool", (IMAGES, (3, 2)), {"strides": (1, 2), "padding": "same"}),
    ("max_pool", (IMAGES, 2, 1), CHANNELS_FIRST),
    ("max_pool", (SIGNAL[..., None], 4), {"strides": 3}),
    ("average_pool", (IMAGES, 2, 2), {}),
    ("average_pool", (IMAGES, (3, 2)), {"strides": 2, "padding": "same"}),
    ("average_pool", (IMAGES, 2, 1), CHANNELS_FIRST),
    ("conv", (IMAGES, KERNEL), {}),
    ("conv", (IMAGES, KERNEL), {"strides": (2, 1), "padding": "same"}),
    ("conv", (IMAGES, KERNEL), {"dilation_rate": 2}),
    ("conv", (IMAGES, KERNEL[:, :, :2]), {}),
    ("conv", (IMAGES.transpose(0, 3, 1, 2).copy(), KERNEL), CHANNELS_FIRST),
    ("conv", (A, drawn(2, 4, 5)), {}),
    ("depthwise_conv", (IMAGES, drawn(3, 2, 4, 2)), {}),
    ("depthwise_conv", (IMAGES, drawn(3, 2, 4, 1)), {"strides": 2, "padding": "same"}),
    ("separable_conv", (IMAGES, drawn(3, 2, 4, 2), drawn(1, 1, 8, 3)), {}),
    ("separable_conv", (A, drawn(2, 4, 2), drawn(1, 8, 3)), {"padding": "same"}),
    ("conv_transpose", (IMAGES, KERNEL.transpose(0, 1, 3, 2).copy()), {}),
    ("conv_transpose", (IMAGES, drawn(3, 2, 5, 4)), {"strides": 2, "padding": "same"}),
    ("conv_transpose", (IMAGES, drawn(3, 2, 5, 4)), {"strides": (2, 3), "output_padding": 1}),
    ("conv_transpose", (IMAGES, drawn(3, 2, 5, 4)), {"dilation_rate": 2}),
    ("conv_transpose", (IMAGES.transpose(0, 3, 1, 2).copy(), drawn(3, 2, 5, 4)), CHANNELS_FIRST),
    *((f"adaptive_{kind}_pool", (IMAGES, 3), {}) for kind in ("max", "average")),
    *((f"adaptive_{kind}_pool", (IMAGES, (4, 2)), CHANNELS_FIRST) for kind in ("max", "average")),
    *((f"adaptive_{kind}_pool", (A, [2]), {}) for kind in ("max", "average")),
    ("unfold", (IMAGES, 2), {}),
    ("unfold", (IMAGES, (3, 2)), {"dilation": (1, 2), "padding": 1, "stride": 2}),
    ("fold", (drawn(2, 12, 12), (4, 5), (2, 2)), {}),
    ("fold", (drawn(2, 12, 6), 4, 2), {"padding": (1, 0), "stride": (2, 2)}),
    ("depth_to_space", (IMAGES, 2), {}),
    ("depth_to_space", (IMAGES.transpose(0, 3, 1, 2).copy(), 2), CHANNELS_FIRST),
    ("space_to_depth", (IMAGES[:, :, :4], 2), {}),
    ("space_to_depth", (IMAGES[:, :, :, :2].transpose(0, 3, 1, 2)[:, :, :, :4].copy(), 2), CHANNELS_FIRST),
]
PLAIN = []
