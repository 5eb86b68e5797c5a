"""Images in folders, one for each class: read batch by batch, changed at random, and a run that ends and goes on.

Scans of handwritten digits, which come with scikit-learn, are written as files: images/0/10.png is a nought. From there
on it is what anyone does with a folder of photographs: a part of the files is held out, each image is read once and
shifted a little whenever the model trains on it. Half-way the weights are lost: the same line, called again, goes on
from the last checkpoint in its folder.

    pip install "plait[examples,data,checkpoint]"
    python examples/digit_folders.py [epochs]
"""

import pathlib
import sys
import tempfile

import numpy as np
from sklearn.datasets import load_digits

from plait import Input, Sequential, layers, utils

digits = load_digits()  # 1,797 scans of 8×8, from 0 to 16
temporary = tempfile.TemporaryDirectory()
folder = pathlib.Path(temporary.name)
for number, (image, digit) in enumerate(zip(digits.images, digits.target, strict=True)):
    path = folder / "images" / str(digit) / f"{number}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    utils.save_img(path, image[..., None] * 15, scale=False)

utils.set_random_seed(0)
training, held_out = utils.image_dataset_from_directory(
    folder / "images", color_mode="grayscale", image_size=(8, 8), batch_size=64, validation_split=0.25, subset="both",
    seed=0,
)  # fmt: skip
training, held_out = training.cache().shuffle(100, seed=0), held_out.cache()

model = Sequential(
    [
        Input((8, 8, 1)),
        layers.Rescaling(1 / 255),
        layers.RandomTranslation(0.1, 0.1),
        layers.Conv2D(32, 3, padding="same", activation="relu"),
        layers.Conv2D(32, 3, padding="same", activation="relu"),
        layers.MaxPooling2D(2),
        layers.Flatten(),
        layers.Dropout(0.3),
        layers.Dense(10, activation="softmax"),
    ]
)
model.summary()
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])


def fit(epochs):
    model.fit(training, validation_data=held_out, epochs=epochs, checkpoint=folder / "run", verbose=2)


epochs = int(sys.argv[1]) if len(sys.argv) > 1 else 12
fit((epochs + 1) // 2)
model.set_weights([np.zeros_like(weight) for weight in model.get_weights()])  # what a crash would lose
fit(epochs)

guessed = model.predict(held_out, verbose=0).argmax(-1)
shown = np.concatenate([labels for _, labels in held_out])
mistaken = [f"{digit} for {guess}" for digit, guess in zip(shown, guessed, strict=True) if digit != guess]
print(f"taken for another: {', '.join(sorted(mistaken))}")
print(f"accuracy on {len(shown)} held-out images: {np.mean(shown == guessed):.3f}")
temporary.cleanup()
