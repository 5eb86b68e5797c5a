"""Models to be drawn, each made by a function of the library: Plait, or genuine Keras."""


def chain(keras):
    hidden = keras.layers.Dense(3, activation="relu", name="hidden")
    head = keras.layers.Dense(1, activation="sigmoid", name="head", trainable=False)
    return keras.Sequential(
        [keras.Input((4,), name="x"), hidden, keras.layers.Flatten(name="flat"), head], name="chain"
    )


def two_towers(keras):
    left, right = keras.Input((4,), name="left"), keras.Input((None, 5), name="right")
    towers = [keras.layers.Dense(3, name="wide")(left), keras.layers.LSTM(2, name="steps")(right)]
    joined = keras.layers.Concatenate(name="both")(towers)
    return keras.Model([left, right], keras.layers.Dense(1, name="head")(joined), name="towers")


def three_heads(keras):
    x = keras.Input((4,), name="x", dtype="int32")
    body = keras.layers.Embedding(9, 2, name="body")(x)
    heads = [keras.layers.Dense(units, name=f"head{units}")(body) for units in (1, 2, 3)]
    return keras.Model(x, heads, name="heads")


def shared(keras):
    layer = keras.layers.Dense(3, name="encoder")
    a, b = keras.Input((4,), name="a"), keras.Input((4,), name="b")
    return keras.Model([a, b], keras.layers.Add(name="sum")([layer(a), layer(b)]), name="shared")


def residual(keras):
    x = tensor = keras.Input((8, 8, 4), name="x")
    for number in (1, 2):
        convolved = keras.layers.Conv2D(4, 3, padding="same", activation="relu", name=f"first{number}")(tensor)
        convolved = keras.layers.Conv2D(4, 3, padding="same", name=f"second{number}")(convolved)
        tensor = keras.layers.Add(name=f"add{number}")([tensor, convolved])
    return keras.Model(x, keras.layers.GlobalAveragePooling2D(name="mean")(tensor), name="residual")


def operators(keras):
    x = keras.Input((4,), name="x")
    hidden = keras.layers.Dense(4, name="hidden")(x)
    return keras.Model(x, keras.ops.tanh(hidden * 2.0 + x), name="operators")


def attending(keras):
    query, value = keras.Input((5, 8), name="query"), keras.Input((7, 8), name="value")
    attended = keras.layers.MultiHeadAttention(2, 4, name="attention")(query, value)
    return keras.Model({"query": query, "value": value}, {"attended": attended}, name="attending")


def wrapped(keras):
    x = keras.Input((6, 4), name="x")
    both = keras.layers.Bidirectional(keras.layers.GRU(3, name="gru"), name="both")(x)
    return keras.Model(x, keras.layers.Dropout(0.5, name="rest")(both), name="wrapped")


def nested(keras):
    """A model in a model in a model, a Sequential one among them; the innermost takes two tensors and gives two."""
    a, b = keras.Input((4,), name="a"), keras.Input((3,), name="b")
    both = keras.layers.Concatenate(name="both")([a, b])
    crossed = keras.Model([a, b], [keras.layers.Dense(2, name="up")(both), both], name="crossed")
    small = keras.Sequential(
        [keras.Input((2,)), keras.layers.Dense(3, name="p"), keras.layers.Dense(3, name="q")], name="small"
    )
    c, d = keras.Input((4,), name="c"), keras.Input((3,), name="d")
    one, other = crossed([c, d])
    middle = keras.Model([c, d], [small(one), other], name="middle")
    x, y = keras.Input((4,), name="x"), keras.Input((3,), name="y")
    first, second = middle([x, y])
    return keras.Model([x, y], keras.layers.Concatenate(name="all")([second, first, x]), name="nested")


def stacked(keras):
    """Sequential models in each other, one of them at the start."""
    inner = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, name="a")], name="inner")
    middle = keras.Sequential([inner, keras.layers.Dense(2, name="b")], name="middle")
    return keras.Sequential([keras.Input((4,)), middle, keras.layers.Dense(1, name="c")], name="stacked")


def twice(keras):
    """A model that is used for two inputs."""
    encoder = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, name="dense")], name="encoder")
    a, b = keras.Input((4,), name="a"), keras.Input((4,), name="b")
    return keras.Model([a, b], keras.layers.Subtract(name="less")([encoder(a), encoder(b)]), name="twice")


def in_a_circle(keras):
    """A layer behind itself, and two that each come before the other."""
    x = keras.Input((4,), name="x")
    again, there = keras.layers.Dense(4, name="again"), keras.layers.Dense(4, name="there")
    return keras.Model(x, again(there(again(again(x)))), name="circle")


MODELS = [chain, two_towers, three_heads, shared, residual, operators, attending, wrapped, nested, stacked, twice,
          in_a_circle]  # fmt: skip
