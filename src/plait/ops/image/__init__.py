"""Images on their way into a model: resized, moved and bent, blurred, compared, cut into patches, made gray.

Keras has these names in `keras.ops.image` only. An image is (height, width, channels), a batch of them has an axis
before; channels stand before height with "channels_first". `layout.py` turns all of these into batches with channels
last, which the arithmetic in `plait/functional/` takes, and back.

May import: the graph floor and below. Start reading at `sizes.py`.
"""

from plait.ops.image import colors, moving, neighborhoods, sizes
from plait.ops.image.colors import *  # noqa: F403
from plait.ops.image.moving import *  # noqa: F403
from plait.ops.image.neighborhoods import *  # noqa: F403
from plait.ops.image.sizes import *  # noqa: F403

__all__ = [*colors.__all__, *moving.__all__, *neighborhoods.__all__, *sizes.__all__]
