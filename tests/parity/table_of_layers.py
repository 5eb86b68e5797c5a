"""The table of steps that are layers: what random programs are drawn from. A new layer gets a row here."""

from __future__ import annotations

from tests.layers.cases_core import scaled
from tests.parity.steps import (
    LARGEST,
    Step,
    anything,
    channels_first,
    even,
    every,
    function,
    grid,
    last,
    on_itself,
    on_pair,
    on_three,
    rank,
    small,
)

VECTORS, SEQUENCES, IMAGES, FILMS = rank(1), rank(2), rank(3), rank(4)
COLORED = every(IMAGES, last(lambda size: size == 3))

# ------------------------------------------------------------------------------------------ element by element

CORE = [
    Step(lambda L: L.Dense(3)),
    Step(lambda L: L.Dense(2, activation="relu")),
    Step(lambda L: L.Dense(4, use_bias=False, kernel_regularizer="l2")),
    Step(lambda L: L.Dense(3, activation="tanh", kernel_constraint="max_norm", bias_regularizer="l1")),
    Step(lambda L: L.EinsumDense("...x,xy->...y", 3, bias_axes="y")),
    Step(lambda L: L.EinsumDense("abc,cd->abd", (None, 2), activation="tanh"), SEQUENCES),
    Step(lambda L: L.Activation("gelu")),
    Step(lambda L: L.Activation("softmax")),
    Step(lambda L: L.ReLU()),
    Step(lambda L: L.ReLU(0.6, 0.1, 0.2), is_edged=True),
    Step(lambda L: L.LeakyReLU()),
    Step(lambda L: L.ELU(0.5)),
    Step(lambda L: L.PReLU()),
    Step(lambda L: L.PReLU(shared_axes=[1]), rank(2, 3)),
    Step(lambda L: L.Softmax(), unmasked=True),
    Step(lambda L: L.Softmax(axis=(1, 2)), rank(2, 3), unmasked=True),
    Step(lambda L: L.Identity()),
    Step(lambda L: L.ActivityRegularization(l1=0.01, l2=0.02)),
    Step(lambda L: L.Lambda(scaled)),
    Step(lambda L: L.Masking(0.5), SEQUENCES, is_edged=True),
    Step(lambda L: L.Rescaling(0.5, 1.0)),
    Step(lambda L: L.Normalization(mean=0.5, variance=2.0)),
    Step(lambda L: L.Discretization([-0.5, 0.0, 0.5]), VECTORS, is_edged=True),
    Step(lambda L: L.Discretization([-0.5, 0.0, 0.5], output_mode="multi_hot"), VECTORS, is_edged=True),
    Step(lambda L: L.CategoryEncoding(5), VECTORS, of_ids=True),
    Step(lambda L: L.CategoryEncoding(5, "count"), VECTORS, of_ids=True),
    Step(lambda L: L.Embedding(5, 3), of_ids=True),
    Step(lambda L: L.Embedding(5, 2, mask_zero=True), VECTORS, of_ids=True),
    Step(lambda L: L.ReversibleEmbedding(5, 3), VECTORS, of_ids=True),
    Step(
        lambda L: L.ReversibleEmbedding(5, 3),
        every(SEQUENCES, last(lambda size: size == 3)),
        lambda layer, x: layer(x, reverse=True),
    ),
]

SHAPES = [
    Step(lambda L: L.Flatten(), small),
    Step(lambda L: L.Reshape((-1,)), small),
    Step(lambda L: L.Reshape((-1, 2)), every(small, last(even))),
    Step(lambda L: L.Permute((2, 1)), SEQUENCES),
    Step(lambda L: L.Permute((3, 1, 2)), IMAGES),
    Step(lambda L: L.RepeatVector(3), VECTORS),
    Step(lambda L: L.Cropping1D((1, 0)), grid(1, least=2)),
    Step(lambda L: L.Cropping2D(((1, 0), (0, 1))), grid(2, least=2)),
    Step(lambda L: L.Cropping3D(((1, 0), (0, 1), (0, 0))), grid(3, least=2)),
    Step(lambda L: L.ZeroPadding1D((0, 2)), grid(1, most=6)),
    Step(lambda L: L.ZeroPadding2D((1, 0)), grid(2, most=6)),
    Step(lambda L: L.ZeroPadding3D(((1, 0), (0, 0), (0, 1))), grid(3, most=4)),
    Step(lambda L: L.UpSampling1D(2), grid(1, most=6)),
    Step(lambda L: L.UpSampling2D((2, 1)), grid(2, most=6)),
    Step(lambda L: L.UpSampling2D(interpolation="bilinear"), grid(2, most=5)),
    Step(lambda L: L.UpSampling3D((1, 2, 1)), grid(3, most=4)),
]

NORMALIZATION = [
    Step(lambda L: L.LayerNormalization()),
    Step(lambda L: L.LayerNormalization(axis=1, center=False), rank(2, 3)),
    Step(lambda L: L.RMSNormalization()),
    Step(lambda L: L.UnitNormalization()),
    Step(lambda L: L.GroupNormalization(2), last(even)),
    Step(lambda L: L.BatchNormalization()),
    Step(lambda L: L.BatchNormalization(axis=1, scale=False), rank(2, 3, 4)),
    Step(lambda L: L.BatchNormalization(renorm=True)),
    Step(lambda L: L.SpectralNormalization(L.Dense(3)), unmasked=True),
    Step(lambda L: L.SpectralNormalization(L.Conv2D(2, 2)), grid(2, least=2), unmasked=True),
]

# ------------------------------------------------------------------------------------------ windows

CONVOLUTIONS = [
    Step(lambda L: L.Conv1D(3, 2), grid(1, least=2)),
    Step(lambda L: L.Conv1D(2, 3, strides=2, padding="same", activation="relu"), SEQUENCES),
    Step(lambda L: L.Conv1D(3, 2, padding="causal", dilation_rate=2), SEQUENCES),
    Step(lambda L: L.Conv1D(4, 2, padding="same", groups=2), every(SEQUENCES, last(even))),
    Step(lambda L: L.Conv1D(3, 2, data_format="channels_first"), channels_first(1, least=2)),
    Step(lambda L: L.Conv2D(3, 2), grid(2, least=2)),
    Step(lambda L: L.Conv2D(2, (1, 3), strides=2, padding="same", activation="relu"), IMAGES),
    Step(lambda L: L.Conv2D(2, 2, data_format="channels_first"), channels_first(2, least=2)),
    Step(lambda L: L.Conv3D(2, 2), grid(3, least=2)),
    Step(lambda L: L.Conv3D(2, (1, 2, 2), padding="same", use_bias=False), FILMS),
    Step(lambda L: L.Conv1DTranspose(3, 2, strides=2), grid(1, most=5)),
    Step(lambda L: L.Conv2DTranspose(2, 3, strides=(1, 2), padding="same"), grid(2, most=6)),
    Step(lambda L: L.Conv3DTranspose(2, 2, padding="same"), grid(3, most=4)),
    Step(lambda L: L.DepthwiseConv1D(2, padding="same", depth_multiplier=2), every(SEQUENCES, last(lambda n: n < 5))),
    Step(lambda L: L.DepthwiseConv2D(2, activation="tanh"), grid(2, least=2)),
    Step(lambda L: L.SeparableConv1D(3, 2), grid(1, least=2)),
    Step(lambda L: L.SeparableConv2D(2, 2, padding="same"), IMAGES),
    Step(lambda L: L.ConvLSTM1D(2, 2, padding="same", return_sequences=True), IMAGES, unmasked=True),
    Step(lambda L: L.ConvLSTM2D(2, 2), every(FILMS, grid(3, least=2)), unmasked=True),
    Step(lambda L: L.ConvLSTM3D(1, 2, padding="same"), rank(5), unmasked=True),
]

POOLING = [
    Step(lambda L: L.MaxPooling1D(2), grid(1, least=2)),
    Step(lambda L: L.MaxPooling2D(2, strides=1), grid(2, least=2)),
    Step(lambda L: L.MaxPooling2D((2, 1), padding="same"), IMAGES),
    Step(lambda L: L.MaxPooling3D((1, 2, 2)), grid(3, least=2)),
    Step(lambda L: L.AveragePooling1D(2, padding="same"), SEQUENCES),
    Step(lambda L: L.AveragePooling2D(2), grid(2, least=2)),
    Step(lambda L: L.AveragePooling2D(2, data_format="channels_first"), channels_first(2, least=2)),
    Step(lambda L: L.AveragePooling3D(2, strides=1), grid(3, least=2)),
    Step(lambda L: L.GlobalMaxPooling1D(), SEQUENCES),
    Step(lambda L: L.GlobalMaxPooling2D(keepdims=True), IMAGES),
    Step(lambda L: L.GlobalMaxPooling3D(), FILMS),
    Step(lambda L: L.GlobalAveragePooling1D(), SEQUENCES),
    Step(lambda L: L.GlobalAveragePooling2D(), IMAGES),
    Step(lambda L: L.GlobalAveragePooling3D(), FILMS),
    Step(lambda L: L.AdaptiveMaxPooling1D(2), grid(1, least=2)),
    Step(lambda L: L.AdaptiveMaxPooling2D((2, 1)), grid(2, least=2)),
    Step(lambda L: L.AdaptiveMaxPooling3D((1, 2, 1)), grid(3, least=2)),
    Step(lambda L: L.AdaptiveAveragePooling1D(2), grid(1, least=2)),
    Step(lambda L: L.AdaptiveAveragePooling2D((1, 2)), grid(2, least=2)),
    Step(lambda L: L.AdaptiveAveragePooling3D((2, 1, 1)), grid(3, least=2)),
]

# ------------------------------------------------------------------------------------------ along time

RECURRENT = [
    Step(lambda L: L.LSTM(3), SEQUENCES),
    Step(lambda L: L.LSTM(2, return_sequences=True), SEQUENCES),
    Step(lambda L: L.LSTM(2, return_state=True, unroll=True), SEQUENCES),
    Step(lambda L: L.GRU(3), SEQUENCES),
    Step(lambda L: L.GRU(2, return_sequences=True, reset_after=False), SEQUENCES),
    Step(lambda L: L.GRU(2, return_sequences=True, return_state=True, go_backwards=True), SEQUENCES),
    Step(lambda L: L.SimpleRNN(3, kernel_regularizer="l2"), SEQUENCES),
    Step(lambda L: L.SimpleRNN(2, return_sequences=True, zero_output_for_mask=True), SEQUENCES),
    Step(lambda L: L.RNN(L.LSTMCell(2)), SEQUENCES),
    Step(lambda L: L.RNN(L.GRUCell(3), return_sequences=True), SEQUENCES),
    Step(lambda L: L.RNN([L.SimpleRNNCell(2), L.SimpleRNNCell(2)], return_state=True), SEQUENCES),
    Step(lambda L: L.RNN(L.StackedRNNCells([L.GRUCell(2), L.LSTMCell(3)])), SEQUENCES, unmasked=True),
    Step(lambda L: L.Bidirectional(L.GRU(2)), SEQUENCES),
    Step(lambda L: L.Bidirectional(L.LSTM(2, return_sequences=True), merge_mode="sum"), SEQUENCES),
    Step(lambda L: L.Bidirectional(L.SimpleRNN(2), merge_mode=None), SEQUENCES),
    Step(lambda L: L.TimeDistributed(L.Dense(3)), rank(2, 3)),
    Step(lambda L: L.TimeDistributed(L.LSTM(2)), IMAGES),
    Step(lambda L: L.TimeDistributed(L.Conv1D(2, 2, padding="same")), IMAGES),
    Step(lambda L: L.TimeDistributed(L.BatchNormalization()), SEQUENCES),
    # What one has read, another goes on from.
    function(lambda K, x, y: K.layers.GRU(3)(y, initial_state=K.layers.GRU(3, return_state=True)(x)[1]), SEQUENCES),
    function(lambda K, x, y: K.layers.LSTM(2)(y, initial_state=K.layers.LSTM(2, return_state=True)(x)[1:]), SEQUENCES),
]

ATTENTION = [
    Step(lambda L: L.Attention(), SEQUENCES, on_itself),
    Step(lambda L: L.Attention(use_scale=True, score_mode="concat"), SEQUENCES, on_pair),
    Step(lambda L: L.Attention(), SEQUENCES, lambda layer, x, y: layer([x, y], use_causal_mask=True)),
    Step(lambda L: L.AdditiveAttention(), SEQUENCES, on_three),
    Step(lambda L: L.MultiHeadAttention(2, 3), SEQUENCES, lambda layer, x: layer(x, x)),
    Step(lambda L: L.MultiHeadAttention(2, 2, output_shape=3), SEQUENCES, lambda layer, x, y: layer(x, y)),
    Step(lambda L: L.MultiHeadAttention(1, 3), SEQUENCES, lambda layer, x: layer(x, x, use_causal_mask=True)),
    Step(
        lambda L: L.MultiHeadAttention(2, 2),
        SEQUENCES,
        lambda layer, x: layer(x, x, return_attention_scores=True),
        unmasked=True,
    ),
    Step(lambda L: L.GroupQueryAttention(3, 4, 2), SEQUENCES, lambda layer, x: layer(x, x)),
    Step(lambda L: L.GroupQueryAttention(2, 2, 1), SEQUENCES, lambda layer, x, y: layer(x, y)),
]

# ------------------------------------------------------------------------------------------ of several

half = every(rank(1, 2, 3, 4), lambda shape: max(shape[0], shape[-1]) <= LARGEST // 3)

MERGING = [
    Step(lambda L: L.Add(), call=on_pair),
    Step(lambda L: L.Add(), call=on_three),
    Step(lambda L: L.Subtract(), call=on_pair),
    Step(lambda L: L.Multiply(), call=on_pair),
    Step(lambda L: L.Average(), call=on_three),
    Step(lambda L: L.Maximum(), call=on_pair),
    Step(lambda L: L.Minimum(), call=on_pair),
    Step(lambda L: L.Concatenate(), half, on_pair),
    Step(lambda L: L.Concatenate(axis=1), half, on_three),
    Step(lambda L: L.Dot(axes=-1), VECTORS, on_pair),
    Step(lambda L: L.Dot(axes=2), SEQUENCES, on_pair),
    Step(lambda L: L.Dot(axes=(1, 1), normalize=True), SEQUENCES, on_pair),
    Step(None, call=lambda K, x, y: K.layers.add([x, y])),
    Step(None, call=lambda K, x, y: K.layers.subtract([x, y])),
    Step(None, call=lambda K, x, y: K.layers.multiply([x, y])),
    Step(None, call=lambda K, x, y: K.layers.average([x, y])),
    Step(None, call=lambda K, x, y: K.layers.maximum([x, y])),
    Step(None, call=lambda K, x, y: K.layers.minimum([x, y])),
    Step(None, half, lambda K, x, y: K.layers.concatenate([x, y], axis=-1)),
    Step(None, VECTORS, lambda K, x, y: K.layers.dot([x, y], axes=1)),
]

# ------------------------------------------------------------------------------------------ images

PICTURES = [
    Step(lambda L: L.Resizing(3, 4), IMAGES),
    Step(lambda L: L.Resizing(4, 2, "nearest"), IMAGES),
    Step(lambda L: L.CenterCrop(2, 2), grid(2, least=3)),
    Step(lambda L: L.Pipeline([L.CenterCrop(3, 3), L.Resizing(2, 4)]), grid(2, least=4)),
    Step(lambda L: L.AutoContrast((0, 1)), COLORED, is_edged=True),
    Step(
        lambda L: L.ContrastLimitedAdaptiveHistogramEqualization((0, 1), 0.0, (2, 2)),
        lambda shape: shape == (6, 6, 3),
        is_edged=True,
    ),
]

# ------------------------------------------------------------------------------------------ random in training


def drawing(make, fits=anything):
    return Step(make, fits, is_random=True)


RANDOM = [
    drawing(lambda L: L.Dropout(0.5)),
    drawing(lambda L: L.SpatialDropout1D(0.5), SEQUENCES),
    drawing(lambda L: L.SpatialDropout2D(0.5), IMAGES),
    drawing(lambda L: L.SpatialDropout3D(0.5), FILMS),
    drawing(lambda L: L.GaussianDropout(0.5)),
    drawing(lambda L: L.GaussianNoise(0.5)),
    drawing(lambda L: L.AlphaDropout(0.5)),
    drawing(lambda L: L.LSTM(2, dropout=0.5, recurrent_dropout=0.5), SEQUENCES),
    drawing(lambda L: L.RandomFlip(), COLORED),
    drawing(lambda L: L.RandomRotation(0.2), COLORED),
    drawing(lambda L: L.RandomZoom(0.2), COLORED),
    drawing(lambda L: L.RandomTranslation(0.2, 0.2), COLORED),
    drawing(lambda L: L.RandomShear(0.2, 0.1), COLORED),
    drawing(lambda L: L.RandomPerspective(), COLORED),
    drawing(lambda L: L.RandomElasticTransform(), COLORED),
    # Keras crops to no other size outside of training.
    drawing(lambda L: L.RandomCrop(6, 6), lambda shape: shape == (6, 6, 3)),
    drawing(lambda L: L.RandomErasing(), COLORED),
    drawing(lambda L: L.RandomBrightness(0.2), COLORED),
    drawing(lambda L: L.RandomContrast(0.2), COLORED),
    drawing(lambda L: L.RandomInvert(), COLORED),
    drawing(lambda L: L.RandomPosterization(3), COLORED),
    drawing(lambda L: L.Solarization(0.2, 0.3), COLORED),
    drawing(lambda L: L.RandomSharpness(0.2), COLORED),
    drawing(lambda L: L.RandomGaussianBlur(), COLORED),
    drawing(lambda L: L.RandomGrayscale(), COLORED),
    drawing(lambda L: L.RandomColorDegeneration(0.2), COLORED),
    drawing(lambda L: L.RandomSaturation(0.2), COLORED),
    drawing(lambda L: L.RandomHue(0.2), COLORED),
    drawing(lambda L: L.RandomColorJitter(), COLORED),
    drawing(lambda L: L.MixUp(), COLORED),
    drawing(lambda L: L.CutMix(), COLORED),
    drawing(lambda L: L.RandAugment(), COLORED),
    drawing(lambda L: L.AugMix(), COLORED),
]

LAYERS = [
    *CORE,
    *SHAPES,
    *NORMALIZATION,
    *CONVOLUTIONS,
    *POOLING,
    *RECURRENT,
    *ATTENTION,
    *MERGING,
    *PICTURES,
    *RANDOM,
]

_NEEDS_TENSORFLOW = "Keras's needs TensorFlow"
_USERS_MODULE = "computes what a module of the user's computes"
NOT_DRAWN = {
    "Layer": "other layers are derived from it",
    "Wrapper": "other layers are derived from it",
    "Input": "every program begins with it",
    "InputLayer": "Input makes it",
    "InputSpec": "is no layer",
    "serialize": "makes a config of a layer",
    "deserialize": "makes a layer of a config",
    "CuDNNLSTM": "makes an LSTM",
    "CuDNNGRU": "makes a GRU",
    "LocallyConnected1D": "Keras 3 has none",
    "LocallyConnected2D": "Keras 3 has none",
    "JaxLayer": _USERS_MODULE,
    "FlaxLayer": _USERS_MODULE,
    "NNXLayer": "Keras has none",
    "EquinoxLayer": "Keras has none",
    "MelSpectrogram": "its decibels make much of rounding where a signal is silent",
    "STFTSpectrogram": "needs signals longer than any that are drawn",
    "Equalization": "in a graph of Keras it leaves its operations, and no layer",
    "Hashing": _NEEDS_TENSORFLOW,
    "HashedCrossing": _NEEDS_TENSORFLOW,
    "IntegerLookup": _NEEDS_TENSORFLOW,
    "StringLookup": _NEEDS_TENSORFLOW,
    "TextVectorization": _NEEDS_TENSORFLOW,
}
