"""What Keras 2 knows, of what it computes as Keras 3 does: classes, and the arguments of each."""

from __future__ import annotations

from typing import Any

_OF_EVERY_LAYER = "name trainable"
_OF_KERNELS = (
    "use_bias kernel_initializer bias_initializer kernel_regularizer bias_regularizer activity_regularizer "
    "kernel_constraint bias_constraint activation"
)
_OF_CONVOLUTIONS = f"filters kernel_size strides padding data_format dilation_rate {_OF_KERNELS}"
_OF_RECURRENCE = (
    f"units recurrent_initializer recurrent_regularizer recurrent_constraint dropout recurrent_dropout {_OF_KERNELS} "
    "return_sequences return_state go_backwards stateful unroll"
)
_OF_GATES = f"recurrent_activation implementation {_OF_RECURRENCE}"
_OF_POOLING = "pool_size strides padding data_format"
_LAYERS = {
    "Dense": f"units {_OF_KERNELS}",
    "Embedding": "input_dim output_dim embeddings_initializer embeddings_regularizer embeddings_constraint mask_zero "
    "activity_regularizer input_length",
    "Conv1D": _OF_CONVOLUTIONS,
    "Conv2D": _OF_CONVOLUTIONS,
    # Along one axis it takes a data_format, and computes with the channels last.
    "LocallyConnected1D": f"filters kernel_size strides padding {_OF_KERNELS}",
    "LocallyConnected2D": f"filters kernel_size strides padding data_format {_OF_KERNELS}",
    "LSTM": f"unit_forget_bias {_OF_GATES}",
    "GRU": f"reset_after {_OF_GATES}",
    "SimpleRNN": _OF_RECURRENCE,
    "Bidirectional": "layer merge_mode",
    "TimeDistributed": "layer",
    "BatchNormalization": "axis momentum epsilon center scale beta_initializer gamma_initializer beta_regularizer "
    "moving_mean_initializer moving_variance_initializer gamma_regularizer beta_constraint gamma_constraint",
    "Dropout": "rate noise_shape seed",
    "SpatialDropout1D": "rate",
    "Activation": "activation",
    "Flatten": "data_format",
    "Reshape": "target_shape",
    "Permute": "dims",
    "RepeatVector": "n",
    "Masking": "mask_value",
    "Concatenate": "axis",
    "Dot": "axes normalize",
    **dict.fromkeys(["MaxPooling1D", "MaxPooling2D", "AveragePooling1D", "AveragePooling2D"], _OF_POOLING),
    **{f"Global{kind}Pooling{axes}D": "data_format" for kind in ("Max", "Average") for axes in (1, 2)},
    **dict.fromkeys(["Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum"], ""),
}
# Initializers, regularizers and constraints.
_VALUES = {
    "Zeros": "",
    "Ones": "",
    "Constant": "value",
    "RandomUniform": "minval maxval seed",
    "RandomNormal": "mean stddev seed",
    "TruncatedNormal": "mean stddev seed",
    "Orthogonal": "gain seed",
    "Identity": "gain",
    "VarianceScaling": "scale mode distribution seed",
    "L1L2": "l1 l2",
    "MaxNorm": "max_value axis",
    "NonNeg": "",
    "UnitNorm": "axis",
    "MinMaxNorm": "min_value max_value rate axis",
}

LAYERS = {name: f"{_OF_EVERY_LAYER} {arguments}".split() for name, arguments in _LAYERS.items()}
ARGUMENTS = {**LAYERS, **{name: arguments.split() for name, arguments in _VALUES.items()}}
# What Keras 2 writes of these is the class that they are a case of, with these arguments.
CASES: dict[str, tuple[str, dict[str, Any]]] = {
    **{
        f"{name}{kind}": ("VarianceScaling", {"scale": scale, "mode": mode, "distribution": distribution})
        for name, scale, mode in (("Glorot", 1.0, "fan_avg"), ("He", 2.0, "fan_in"), ("Lecun", 1.0, "fan_in"))
        for kind, distribution in (("Uniform", "uniform"), ("Normal", "normal"))
    },
    "L1": ("L1L2", {"l2": 0.0}),
    "L2": ("L1L2", {"l1": 0.0}),
}
# What Keras 2 calls the values of arguments whose names end so.
NAMES = {
    "activation": {
        **{name: name for name in ("linear", "relu", "tanh", "sigmoid", "softmax", "elu", "selu", "softplus")},
        **{name: name for name in ("softsign", "exponential")},
        "hard_sigmoid_of_keras_2": "hard_sigmoid",
    },
    "distribution": {"truncated_normal": "normal", "normal": "normal", "uniform": "uniform"},
}
# Arguments that Keras 2 has not, with the value that changes nothing.
NEUTRAL = {
    "groups": 1, "keepdims": False, "renorm": False, "input_axes": None, "output_axes": None, "implementation": 1,
    "data_format": "channels_last",
}  # fmt: skip
# Of these no value changes what is computed outside of training, or they are looked at by themselves.
WITHOUT_EFFECT = {
    "seed", "use_cudnn", "renorm_clipping", "renorm_momentum", "synchronized", "backward_layer",
    "zero_output_for_mask",
}  # fmt: skip
