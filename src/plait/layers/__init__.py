"""The layers. One file per layer or close family: what it is, what it needs, what it computes.

A module is imported when a layer of it is first asked for: most scripts use five of them. The list below is for editors
and type checkers, and tells `lazy.exports` where each name is.

May import: the graph floor and below; not training. Start reading at `dense.py`, the model for all others.
"""

from typing import TYPE_CHECKING

from plait.core import lazy, registry

if TYPE_CHECKING:
    from plait.graph.input import Input as Input
    from plait.graph.input import InputLayer as InputLayer
    from plait.graph.layer import Layer as Layer
    from plait.graph.shapes import InputSpec as InputSpec
    from plait.layers.activation import ELU as ELU
    from plait.layers.activation import Activation as Activation
    from plait.layers.activation import LeakyReLU as LeakyReLU
    from plait.layers.activation import PReLU as PReLU
    from plait.layers.activation import ReLU as ReLU
    from plait.layers.activation import Softmax as Softmax
    from plait.layers.adaptive_pooling import AdaptiveAveragePooling1D as AdaptiveAveragePooling1D
    from plait.layers.adaptive_pooling import AdaptiveAveragePooling2D as AdaptiveAveragePooling2D
    from plait.layers.adaptive_pooling import AdaptiveAveragePooling3D as AdaptiveAveragePooling3D
    from plait.layers.adaptive_pooling import AdaptiveMaxPooling1D as AdaptiveMaxPooling1D
    from plait.layers.adaptive_pooling import AdaptiveMaxPooling2D as AdaptiveMaxPooling2D
    from plait.layers.adaptive_pooling import AdaptiveMaxPooling3D as AdaptiveMaxPooling3D
    from plait.layers.attention import AdditiveAttention as AdditiveAttention
    from plait.layers.attention import Attention as Attention
    from plait.layers.attention import GroupQueryAttention as GroupQueryAttention
    from plait.layers.attention import MultiHeadAttention as MultiHeadAttention
    from plait.layers.convolution import Conv1D as Conv1D
    from plait.layers.convolution import Conv2D as Conv2D
    from plait.layers.convolution import Conv3D as Conv3D
    from plait.layers.convolution import Convolution1D as Convolution1D
    from plait.layers.convolution import Convolution2D as Convolution2D
    from plait.layers.convolution import Convolution3D as Convolution3D
    from plait.layers.dense import Dense as Dense
    from plait.layers.depthwise_convolution import DepthwiseConv1D as DepthwiseConv1D
    from plait.layers.depthwise_convolution import DepthwiseConv2D as DepthwiseConv2D
    from plait.layers.dropout import Dropout as Dropout
    from plait.layers.dropout import SpatialDropout1D as SpatialDropout1D
    from plait.layers.dropout import SpatialDropout2D as SpatialDropout2D
    from plait.layers.dropout import SpatialDropout3D as SpatialDropout3D
    from plait.layers.einsum_dense import EinsumDense as EinsumDense
    from plait.layers.embedding import Embedding as Embedding
    from plait.layers.foreign import EquinoxLayer as EquinoxLayer
    from plait.layers.foreign import FlaxLayer as FlaxLayer
    from plait.layers.foreign import JaxLayer as JaxLayer
    from plait.layers.foreign import NNXLayer as NNXLayer
    from plait.layers.global_pooling import GlobalAveragePooling1D as GlobalAveragePooling1D
    from plait.layers.global_pooling import GlobalAveragePooling2D as GlobalAveragePooling2D
    from plait.layers.global_pooling import GlobalAveragePooling3D as GlobalAveragePooling3D
    from plait.layers.global_pooling import GlobalAvgPool1D as GlobalAvgPool1D
    from plait.layers.global_pooling import GlobalAvgPool2D as GlobalAvgPool2D
    from plait.layers.global_pooling import GlobalAvgPool3D as GlobalAvgPool3D
    from plait.layers.global_pooling import GlobalMaxPool1D as GlobalMaxPool1D
    from plait.layers.global_pooling import GlobalMaxPool2D as GlobalMaxPool2D
    from plait.layers.global_pooling import GlobalMaxPool3D as GlobalMaxPool3D
    from plait.layers.global_pooling import GlobalMaxPooling1D as GlobalMaxPooling1D
    from plait.layers.global_pooling import GlobalMaxPooling2D as GlobalMaxPooling2D
    from plait.layers.global_pooling import GlobalMaxPooling3D as GlobalMaxPooling3D
    from plait.layers.identity import Identity as Identity
    from plait.layers.image import AugMix as AugMix
    from plait.layers.image import AutoContrast as AutoContrast
    from plait.layers.image import CenterCrop as CenterCrop
    from plait.layers.image import (
        ContrastLimitedAdaptiveHistogramEqualization as ContrastLimitedAdaptiveHistogramEqualization,
    )
    from plait.layers.image import CutMix as CutMix
    from plait.layers.image import Equalization as Equalization
    from plait.layers.image import MixUp as MixUp
    from plait.layers.image import Pipeline as Pipeline
    from plait.layers.image import RandAugment as RandAugment
    from plait.layers.image import RandomBrightness as RandomBrightness
    from plait.layers.image import RandomColorDegeneration as RandomColorDegeneration
    from plait.layers.image import RandomColorJitter as RandomColorJitter
    from plait.layers.image import RandomContrast as RandomContrast
    from plait.layers.image import RandomCrop as RandomCrop
    from plait.layers.image import RandomElasticTransform as RandomElasticTransform
    from plait.layers.image import RandomErasing as RandomErasing
    from plait.layers.image import RandomFlip as RandomFlip
    from plait.layers.image import RandomGaussianBlur as RandomGaussianBlur
    from plait.layers.image import RandomGrayscale as RandomGrayscale
    from plait.layers.image import RandomHue as RandomHue
    from plait.layers.image import RandomInvert as RandomInvert
    from plait.layers.image import RandomPerspective as RandomPerspective
    from plait.layers.image import RandomPosterization as RandomPosterization
    from plait.layers.image import RandomRotation as RandomRotation
    from plait.layers.image import RandomSaturation as RandomSaturation
    from plait.layers.image import RandomSharpness as RandomSharpness
    from plait.layers.image import RandomShear as RandomShear
    from plait.layers.image import RandomTranslation as RandomTranslation
    from plait.layers.image import RandomZoom as RandomZoom
    from plait.layers.image import Resizing as Resizing
    from plait.layers.image import Solarization as Solarization
    from plait.layers.lambda_layer import Lambda as Lambda
    from plait.layers.locally_connected import LocallyConnected1D as LocallyConnected1D
    from plait.layers.locally_connected import LocallyConnected2D as LocallyConnected2D
    from plait.layers.margins import Cropping1D as Cropping1D
    from plait.layers.margins import Cropping2D as Cropping2D
    from plait.layers.margins import Cropping3D as Cropping3D
    from plait.layers.margins import ZeroPadding1D as ZeroPadding1D
    from plait.layers.margins import ZeroPadding2D as ZeroPadding2D
    from plait.layers.margins import ZeroPadding3D as ZeroPadding3D
    from plait.layers.masking import Masking as Masking
    from plait.layers.merging import Add as Add
    from plait.layers.merging import Average as Average
    from plait.layers.merging import Concatenate as Concatenate
    from plait.layers.merging import Dot as Dot
    from plait.layers.merging import Maximum as Maximum
    from plait.layers.merging import Minimum as Minimum
    from plait.layers.merging import Multiply as Multiply
    from plait.layers.merging import Subtract as Subtract
    from plait.layers.merging import add as add
    from plait.layers.merging import average as average
    from plait.layers.merging import concatenate as concatenate
    from plait.layers.merging import dot as dot
    from plait.layers.merging import maximum as maximum
    from plait.layers.merging import minimum as minimum
    from plait.layers.merging import multiply as multiply
    from plait.layers.merging import subtract as subtract
    from plait.layers.noise import ActivityRegularization as ActivityRegularization
    from plait.layers.noise import AlphaDropout as AlphaDropout
    from plait.layers.noise import GaussianDropout as GaussianDropout
    from plait.layers.noise import GaussianNoise as GaussianNoise
    from plait.layers.normalization import BatchNormalization as BatchNormalization
    from plait.layers.normalization import GroupNormalization as GroupNormalization
    from plait.layers.normalization import LayerNormalization as LayerNormalization
    from plait.layers.normalization import RMSNormalization as RMSNormalization
    from plait.layers.normalization import SpectralNormalization as SpectralNormalization
    from plait.layers.normalization import UnitNormalization as UnitNormalization
    from plait.layers.pooling import AveragePooling1D as AveragePooling1D
    from plait.layers.pooling import AveragePooling2D as AveragePooling2D
    from plait.layers.pooling import AveragePooling3D as AveragePooling3D
    from plait.layers.pooling import AvgPool1D as AvgPool1D
    from plait.layers.pooling import AvgPool2D as AvgPool2D
    from plait.layers.pooling import AvgPool3D as AvgPool3D
    from plait.layers.pooling import MaxPool1D as MaxPool1D
    from plait.layers.pooling import MaxPool2D as MaxPool2D
    from plait.layers.pooling import MaxPool3D as MaxPool3D
    from plait.layers.pooling import MaxPooling1D as MaxPooling1D
    from plait.layers.pooling import MaxPooling2D as MaxPooling2D
    from plait.layers.pooling import MaxPooling3D as MaxPooling3D
    from plait.layers.preprocessing import CategoryEncoding as CategoryEncoding
    from plait.layers.preprocessing import Discretization as Discretization
    from plait.layers.preprocessing import HashedCrossing as HashedCrossing
    from plait.layers.preprocessing import Hashing as Hashing
    from plait.layers.preprocessing import IntegerLookup as IntegerLookup
    from plait.layers.preprocessing import Normalization as Normalization
    from plait.layers.preprocessing import Rescaling as Rescaling
    from plait.layers.preprocessing import StringLookup as StringLookup
    from plait.layers.preprocessing import TextVectorization as TextVectorization
    from plait.layers.recurrent import GRU as GRU
    from plait.layers.recurrent import LSTM as LSTM
    from plait.layers.recurrent import RNN as RNN
    from plait.layers.recurrent import Bidirectional as Bidirectional
    from plait.layers.recurrent import ConvLSTM1D as ConvLSTM1D
    from plait.layers.recurrent import ConvLSTM2D as ConvLSTM2D
    from plait.layers.recurrent import ConvLSTM3D as ConvLSTM3D
    from plait.layers.recurrent import CuDNNGRU as CuDNNGRU
    from plait.layers.recurrent import CuDNNLSTM as CuDNNLSTM
    from plait.layers.recurrent import GRUCell as GRUCell
    from plait.layers.recurrent import LSTMCell as LSTMCell
    from plait.layers.recurrent import SimpleRNN as SimpleRNN
    from plait.layers.recurrent import SimpleRNNCell as SimpleRNNCell
    from plait.layers.recurrent import StackedRNNCells as StackedRNNCells
    from plait.layers.recurrent import TimeDistributed as TimeDistributed
    from plait.layers.reshaping import Flatten as Flatten
    from plait.layers.reshaping import Permute as Permute
    from plait.layers.reshaping import RepeatVector as RepeatVector
    from plait.layers.reshaping import Reshape as Reshape
    from plait.layers.reversible_embedding import ReversibleEmbedding as ReversibleEmbedding
    from plait.layers.separable_convolution import SeparableConv1D as SeparableConv1D
    from plait.layers.separable_convolution import SeparableConv2D as SeparableConv2D
    from plait.layers.separable_convolution import SeparableConvolution1D as SeparableConvolution1D
    from plait.layers.separable_convolution import SeparableConvolution2D as SeparableConvolution2D
    from plait.layers.serialization import deserialize as deserialize
    from plait.layers.serialization import serialize as serialize
    from plait.layers.sound import MelSpectrogram as MelSpectrogram
    from plait.layers.sound import STFTSpectrogram as STFTSpectrogram
    from plait.layers.transposed_convolution import Conv1DTranspose as Conv1DTranspose
    from plait.layers.transposed_convolution import Conv2DTranspose as Conv2DTranspose
    from plait.layers.transposed_convolution import Conv3DTranspose as Conv3DTranspose
    from plait.layers.transposed_convolution import Convolution1DTranspose as Convolution1DTranspose
    from plait.layers.transposed_convolution import Convolution2DTranspose as Convolution2DTranspose
    from plait.layers.transposed_convolution import Convolution3DTranspose as Convolution3DTranspose
    from plait.layers.up_sampling import UpSampling1D as UpSampling1D
    from plait.layers.up_sampling import UpSampling2D as UpSampling2D
    from plait.layers.up_sampling import UpSampling3D as UpSampling3D
    from plait.layers.wrapper import Wrapper as Wrapper
else:
    __getattr__, __all__ = lazy.exports(__name__, __file__)
    registry.add_source("keras.layers", __all__, __getattr__)

    def __dir__():
        return list(__all__)
