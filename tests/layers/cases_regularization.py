"""Rows of the table of layers: noise, dropout of feature maps, penalties on activations."""

from tests.layers.case import Case

SEQUENCE = [(2, 6, 5)]
IMAGE = [(2, 3, 4, 5)]
VOLUME = [(2, 3, 1, 2, 4)]

CASES = [
    # Spatial dropout
    Case(lambda L: L.SpatialDropout1D(0.5), SEQUENCE, training=True, is_random=True),
    Case(lambda L: L.SpatialDropout1D(0.5, seed=3), SEQUENCE, free=(1,), masked=True),
    Case(lambda L: L.SpatialDropout1D(0.3), SEQUENCE, free=(1, 2), masked=True, training=True, is_random=True),
    Case(lambda L: L.SpatialDropout1D(0), SEQUENCE, training=True),
    Case(lambda L: L.SpatialDropout1D(1), SEQUENCE, training=True),
    Case(lambda L: L.SpatialDropout1D(0.5, name="maps", dtype="bfloat16"), SEQUENCE),
    Case(lambda L: L.SpatialDropout2D(0.5), IMAGE, free=(1, 2), training=True, is_random=True),
    Case(lambda L: L.SpatialDropout2D(0.5, data_format="channels_last"), IMAGE),
    Case(lambda L: L.SpatialDropout2D(0.5, "channels_first", 7), IMAGE, training=True, is_random=True),
    Case(lambda L: L.SpatialDropout2D(0), IMAGE, training=True),
    Case(lambda L: L.SpatialDropout2D(1.0, "channels_first"), IMAGE, training=True),
    Case(lambda L: L.SpatialDropout2D(0.5), IMAGE, masked=True),
    Case(lambda L: L.SpatialDropout3D(0.5), VOLUME, free=(1, 2, 3), training=True, is_random=True),
    Case(lambda L: L.SpatialDropout3D(0.5, data_format="channels_first"), VOLUME),
    Case(lambda L: L.SpatialDropout3D(0.5, "channels_first", 7), VOLUME, training=True, is_random=True),
    Case(lambda L: L.SpatialDropout3D(0.0), VOLUME, training=True),
    Case(lambda L: L.SpatialDropout3D(1, None), VOLUME, training=True),
    # Normal noise
    Case(lambda L: L.GaussianDropout(0.5), [(4, 5)], training=True, is_random=True),
    Case(lambda L: L.GaussianDropout(0.5), [(4, 5)]),
    Case(lambda L: L.GaussianDropout(0.3, seed=3), SEQUENCE, free=(1,), masked=True, training=True, is_random=True),
    Case(lambda L: L.GaussianDropout(0.3, 3), SEQUENCE, masked=True),
    Case(lambda L: L.GaussianDropout(0), IMAGE, training=True),
    Case(lambda L: L.GaussianDropout(rate=0.1, trainable=False), IMAGE, training=True, is_random=True),
    Case(lambda L: L.GaussianNoise(0.5), [(4, 5)], training=True, is_random=True),
    Case(lambda L: L.GaussianNoise(0.5), [(4, 5)]),
    Case(lambda L: L.GaussianNoise(1.0, seed=3), SEQUENCE, free=(1,), masked=True, training=True, is_random=True),
    Case(lambda L: L.GaussianNoise(0.3, 3), SEQUENCE, masked=True),
    Case(lambda L: L.GaussianNoise(0), IMAGE, training=True),
    Case(lambda L: L.GaussianNoise(stddev=0.2, dtype="float16"), IMAGE),
    # Alpha dropout
    Case(lambda L: L.AlphaDropout(0.5), [(4, 5)], training=True, is_random=True),
    Case(lambda L: L.AlphaDropout(0.5), [(4, 5)]),
    Case(lambda L: L.AlphaDropout(0.5, (None, 1, 5), 3), SEQUENCE, training=True, is_random=True),
    Case(lambda L: L.AlphaDropout(0.2, noise_shape=(2, 6, 1)), SEQUENCE, free=(2,), training=True, is_random=True),
    Case(lambda L: L.AlphaDropout(0.2, seed=1), SEQUENCE, free=(1,), masked=True, training=True, is_random=True),
    Case(lambda L: L.AlphaDropout(0.2), SEQUENCE, masked=True),
    Case(lambda L: L.AlphaDropout(0), IMAGE, training=True),
    # Penalties on activations
    Case(lambda L: L.ActivityRegularization(), [(4, 5)]),
    Case(lambda L: L.ActivityRegularization(0.1), SEQUENCE, free=(1,), masked=True),
    Case(lambda L: L.ActivityRegularization(0.1, 0.2), IMAGE, training=True),
    Case(lambda L: L.ActivityRegularization(l2=0.5), VOLUME),
]
