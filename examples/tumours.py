"""A real table: is a tumour benign, told from thirty named columns of a pandas frame, in three groups.

569 tumours of the breast, from Wisconsin, which come with scikit-learn. Ten things were measured on every cell in an
image of each: "mean" columns have the mean over its cells, "error" its standard error, "worst" the mean of the three
largest. Each group is an input, and learns the scale of its columns, from hundredths to thousands. In the end one group
after the other is shuffled among the tumours: the more that harms the answers, the more the model relies on it.

    pip install "plait[examples,pandas]"
    python examples/tumours.py [epochs]
"""

import sys

import numpy as np
from sklearn.datasets import load_breast_cancer

from plait import Input, Model, callbacks, layers, utils

utils.set_random_seed(0)
table = load_breast_cancer(as_frame=True).frame.sample(frac=1, random_state=0)
is_benign = table.pop("target")
groups = {kind: [name for name in table if kind in name.split()] for kind in ("mean", "error", "worst")}
seen, held_out = slice(400), slice(400, None)


def by_group(frame):
    return {kind: frame[names] for kind, names in groups.items()}


inputs = {kind: Input((len(names),), name=kind) for kind, names in groups.items()}
scaled = []
for kind, frame in by_group(table[seen]).items():
    scale = layers.Normalization(name=f"scale_of_{kind}")
    scale.adapt(frame)
    scaled.append(scale(inputs[kind]))
x = layers.Dense(16, activation="relu")(layers.concatenate(scaled))
benign = layers.Dense(1, activation="sigmoid", name="benign")(layers.Dropout(0.3)(x))
model = Model(inputs, benign)
model.summary()

model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
stopping = callbacks.EarlyStopping("val_loss", patience=10, restore_best_weights=True)
epochs = int(sys.argv[1]) if len(sys.argv) > 1 else 200
history = model.fit(
    by_group(table[seen]), is_benign[seen], epochs=epochs, validation_split=0.2, callbacks=[stopping], verbose=0
)
print(f"{len(history.epoch)} epochs, the best of them {stopping.best_epoch + 1}")


def accuracy(frame):
    return model.evaluate(by_group(frame), is_benign[held_out], verbose=0, return_dict=True)["accuracy"]


random = np.random.default_rng(0)
for kind, names in groups.items():
    shuffled = table[held_out].copy()
    shuffled[names] = random.permutation(shuffled[names].to_numpy())
    print(f'accuracy with the columns "{kind}" shuffled: {accuracy(shuffled):.3f}')
print(f"accuracy on {len(table[held_out])} held-out tumours: {accuracy(table[held_out]):.3f}")
