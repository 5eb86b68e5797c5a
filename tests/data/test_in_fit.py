import numpy as np
import pytest

import plait
from plait import data, layers, utils
from tests.data import making


def model(shape):
    made = plait.Sequential([layers.Input(shape), layers.Flatten(), layers.Dense(3, activation="softmax")])
    made.compile(plait.optimizers.SGD(0.1), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return made


def test_a_model_learns_from_batches_what_it_learns_from_their_arrays():
    x, y = np.random.default_rng(0).normal(size=(10, 4)).astype("float32"), np.arange(10) % 3
    from_arrays, from_batches = model((4,)), model((4,))
    batches = data.from_arrays(x, y, batch_size=4)
    expected = from_arrays.fit(x, y, batch_size=4, epochs=2, shuffle=False, verbose=0).history
    learned = from_batches.fit(batches, epochs=2, verbose=0).history
    np.testing.assert_allclose([*learned.values()], [*expected.values()], rtol=1e-6)
    np.testing.assert_allclose(from_batches.predict(batches.map(lambda x, y: x)), from_arrays.predict(x), rtol=1e-5)


def test_a_script_of_keras_trains_on_images(tmp_path):
    training, held_out = utils.image_dataset_from_directory(
        making.images(tmp_path), image_size=(6, 6), batch_size=2, validation_split=0.34, subset="both", seed=1
    )
    scaled = layers.Rescaling(1 / 255)
    training = training.map(lambda images, labels: (scaled(images), labels), num_parallel_calls=data.AUTOTUNE)
    training = training.cache().shuffle(1000).prefetch(buffer_size=data.AUTOTUNE)
    history = model((6, 6, 3)).fit(training, validation_data=held_out, epochs=3, verbose=0).history
    assert [len(values) for values in history.values()] == [3] * 4
    assert history["loss"][-1] < history["loss"][0]


@pytest.mark.slow
def test_batches_without_end_are_trained_on_for_as_many_steps_as_an_epoch_is_said_to_have():
    x, y = np.random.default_rng(0).normal(size=(10, 4)).astype("float32"), np.arange(10) % 3
    endless = data.from_arrays(x, y, batch_size=4, shuffle=True, seed=0).repeat()
    history = model((4,)).fit(endless, epochs=2, steps_per_epoch=5, verbose=0).history
    assert len(history["loss"]) == 2
    assert endless.state() == {"epoch": 0, "batch": 10}


def test_one_data_set_that_is_trained_and_validated_on_has_passes_of_its_own_for_each():
    x, y = np.random.default_rng(0).normal(size=(10, 4)).astype("float32"), np.arange(10) % 3

    def shuffled():
        return data.from_arrays(x, y, batch_size=4, shuffle=True, seed=0)

    def learned(training, held_out):
        utils.set_random_seed(0)
        return model((4,)).fit(training, validation_data=held_out, epochs=3, verbose=0).history

    one = shuffled()
    assert learned(one, one) == learned(shuffled(), shuffled())
    assert one.state() == {"epoch": 3, "batch": 0}
