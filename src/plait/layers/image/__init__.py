"""Layers that make images of images: sizes, and what training varies. Start reading at `image_layer.py`.

Each takes images alone, as arrays; what Keras's take beside them in a dict (labels, bounding boxes, masks) is not
taken. The arithmetic is in `functional/images.py` and `functional/colors.py`; the layers check, draw and call it.
"""

from plait.layers.image.augmenting import AugMix as AugMix
from plait.layers.image.augmenting import RandAugment as RandAugment
from plait.layers.image.coloring import RandomColorDegeneration as RandomColorDegeneration
from plait.layers.image.coloring import RandomColorJitter as RandomColorJitter
from plait.layers.image.coloring import RandomGrayscale as RandomGrayscale
from plait.layers.image.coloring import RandomHue as RandomHue
from plait.layers.image.coloring import RandomSaturation as RandomSaturation
from plait.layers.image.cropping import CenterCrop as CenterCrop
from plait.layers.image.cropping import RandomCrop as RandomCrop
from plait.layers.image.erasing import RandomErasing as RandomErasing
from plait.layers.image.focusing import RandomGaussianBlur as RandomGaussianBlur
from plait.layers.image.focusing import RandomSharpness as RandomSharpness
from plait.layers.image.local_contrast import (
    ContrastLimitedAdaptiveHistogramEqualization as ContrastLimitedAdaptiveHistogramEqualization,
)
from plait.layers.image.mixing import CutMix as CutMix
from plait.layers.image.mixing import MixUp as MixUp
from plait.layers.image.moving import RandomFlip as RandomFlip
from plait.layers.image.moving import RandomRotation as RandomRotation
from plait.layers.image.moving import RandomShear as RandomShear
from plait.layers.image.moving import RandomTranslation as RandomTranslation
from plait.layers.image.moving import RandomZoom as RandomZoom
from plait.layers.image.pipeline import Pipeline as Pipeline
from plait.layers.image.resizing import Resizing as Resizing
from plait.layers.image.shading import AutoContrast as AutoContrast
from plait.layers.image.shading import Equalization as Equalization
from plait.layers.image.shading import RandomBrightness as RandomBrightness
from plait.layers.image.shading import RandomContrast as RandomContrast
from plait.layers.image.shading import RandomInvert as RandomInvert
from plait.layers.image.shading import RandomPosterization as RandomPosterization
from plait.layers.image.shading import Solarization as Solarization
from plait.layers.image.warping import RandomElasticTransform as RandomElasticTransform
from plait.layers.image.warping import RandomPerspective as RandomPerspective
