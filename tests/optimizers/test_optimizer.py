"""What an optimizer is made from, and how its steps are compiled."""

import copy
import pickle

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from plait import Input, Model, backend, callbacks, layers, optimizers
from plait.optimizers import lookup, schedules

PARAMS = {"kernel": jnp.array([[1.0, -2.0], [3.0, 0.5]]), "bias": jnp.array([0.1, -0.1])}
EVERY_OPTION = {
    "weight_decay": 0.1,
    "clipnorm": 1.0,
    "use_ema": True,
    "ema_overwrite_frequency": 3,
    "gradient_accumulation_steps": 2,
    "loss_scale_factor": 4.0,
}


def grads(params):
    return jax.tree.map(lambda weight: 2 * weight - 1, params)


def step(optimizer, params, slots):
    rate = optimizer.current_learning_rate(optimizer.step_of(slots))
    return optimizer.update(grads(params), slots, params, rate)


@pytest.mark.first_rows(2)
@pytest.mark.parametrize("name", sorted(lookup.TABLE))
def test_steps_in_one_loop_equal_eager_ones(name):
    optimizer = type(optimizers.get(name))(schedules.CosineDecay(0.1, 10), weight_decay=0.1, clipnorm=1.0)
    start = (PARAMS, optimizer.init(PARAMS))

    eager = start
    for _ in range(3):
        eager = step(optimizer, *eager)
    loop = jax.jit(lambda count, start: jax.lax.fori_loop(0, count, lambda _, now: step(optimizer, *now), start))
    compiled = loop(3, start)

    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6), eager, compiled)


def test_steps_in_one_loop_equal_eager_ones_with_every_option():
    optimizer = optimizers.AdamW(0.1, **EVERY_OPTION)
    start = (PARAMS, optimizer.init(PARAMS))

    eager = start
    for _ in range(6):
        eager = step(optimizer, *eager)
    compiled = jax.lax.fori_loop(0, 6, lambda _, now: step(optimizer, *now), start)

    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6), eager, compiled)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
@pytest.mark.parametrize("name", sorted(lookup.TABLE))
def test_a_step_keeps_every_shape_and_dtype(name, dtype):
    optimizer = type(optimizers.get(name))(schedules.CosineDecay(0.1, 10), **EVERY_OPTION)
    params = jax.tree.map(lambda weight: weight.astype(dtype), PARAMS)
    before = (params, optimizer.init(params))

    after = jax.eval_shape(lambda before: step(optimizer, *before), before)

    described = jax.tree.map(lambda array: (array.shape, array.dtype), (before, after))
    assert described[0] == described[1]


def test_a_new_learning_rate_does_not_compile_again():
    optimizer = optimizers.Adam()
    traces = []

    @jax.jit
    def step_at(params, slots, rate):
        traces.append(rate)
        return optimizer.update(grads(params), slots, params, rate)

    params, slots = PARAMS, optimizer.init(PARAMS)
    for rate in (0.1, 0.01, 1):
        optimizer.learning_rate = rate
        params, slots = step_at(params, slots, jnp.float32(optimizer.current_learning_rate(optimizer.step_of(slots))))

    assert len(traces) == 1


TRANSFORMATIONS = [
    optax.adam(0.1),
    optax.chain(optax.clip_by_global_norm(1.0), optax.sgd(optax.linear_schedule(0.1, 0.0, 5), momentum=0.9)),
    optax.MultiSteps(optax.adamw(0.1), every_k_schedule=2).gradient_transformation(),
    optax.MultiSteps(optax.adamw(0.1), every_k_schedule=2),
    optax.contrib.sam(optax.sgd(0.1), optax.sgd(0.1)),
]


@pytest.mark.parametrize("transformation", TRANSFORMATIONS)
def test_an_optax_transformation_does_what_it_does_in_optax(transformation):
    optimizer = optimizers.get(transformation)

    @jax.jit
    def step_of_optax(params, state):
        updates, state = transformation.update(grads(params), state, params)
        return optax.apply_updates(params, updates), state

    with jax.numpy_dtype_promotion("standard"):
        ours, theirs = (PARAMS, optimizer.init(PARAMS)), (PARAMS, transformation.init(PARAMS))
        step_of_ours = jax.jit(lambda params, slots: step(optimizer, params, slots))
        for _ in range(5):
            ours, theirs = step_of_ours(*ours), step_of_optax(*theirs)

    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-6), ours[0], theirs[0])


def polyak_rule():
    """Returns the step that would reach a loss of 0 at once on a line: value / |grad|²."""

    def update(updates, state, params=None, *, value, grad):
        norm = sum(jnp.sum(one**2) for one in jax.tree.leaves(grad))
        return jax.tree.map(lambda one: -value / norm * one, updates), state

    return optax.GradientTransformationExtraArgs(optax.init_empty_state, update)


def test_an_optax_transformation_is_told_the_loss_and_the_gradient_if_it_asks():
    optimizer = optimizers.get(polyak_rule())
    slopes = {"kernel": jnp.full((2, 2), 2.0), "bias": jnp.zeros(2)}

    moved, _ = optimizer.update(slopes, optimizer.init(PARAMS), PARAMS, 1.0, value=jnp.float32(8.0))

    np.testing.assert_allclose(moved["kernel"], PARAMS["kernel"] - 8.0 / 16 * 2)


RATES = [
    (0.5, False, 0.5),
    (1, False, 1.0),
    (np.float32(0.5), False, 0.5),
    (lambda: 0.25, False, 0.25),
    (lambda step: 0.1 * step, True, 0.3),
    (optax.constant_schedule(0.2), True, 0.2),
    (schedules.InverseTimeDecay(1.0, 1, 1.0), True, 0.25),
]


@pytest.mark.parametrize(("rate", "has_schedule", "at_step_3"), RATES)
def test_a_learning_rate_is_a_number_a_function_or_a_schedule(rate, has_schedule, at_step_3):
    optimizer = optimizers.SGD(rate)
    assert optimizer.has_schedule is has_schedule
    assert float(optimizer.current_learning_rate(3)) == pytest.approx(at_step_3)


def test_the_words_of_keras_2_are_understood():
    optimizer = optimizers.SGD(lr=0.1, momentum=0.9, nesterov=True)
    assert optimizer.learning_rate == optimizer.lr == 0.1
    optimizer.lr = 0.2
    assert optimizer.learning_rate == optimizer.lr == 0.2


@pytest.mark.parametrize("name", ["Adagrad", "Adadelta", "Adam", "Adamax", "Nadam", "RMSprop"])
def test_an_epsilon_of_none_is_the_default_one_as_in_keras_2(name):
    cls = getattr(optimizers, name)
    assert cls(lr=0.01, epsilon=None, decay=0.0).get_config() == cls(0.01).get_config()


def test_decay_divides_the_rate_of_each_step_and_leaves_the_attribute_alone():
    optimizer = optimizers.SGD(lr=0.1, decay=1e-2)
    slots = optimizer.init(PARAMS)._replace(steps=jnp.int32(50))
    moved, _ = step(optimizer, PARAMS, slots)

    plain = optimizers.SGD(0.1 / (1 + 1e-2 * 50))
    expected, _ = step(plain, PARAMS, plain.init(PARAMS))

    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-6), moved, expected)
    assert optimizer.lr == 0.1
    assert (optimizer.get_config()["decay"], "decay" in plain.get_config()) == (1e-2, False)


def assigned(optimizer):
    optimizer.learning_rate.assign(0.5)


def set_by_the_backend(optimizer):
    backend.set_value(optimizer.lr, np.float32(0.5))


def set_as_an_attribute(optimizer):
    optimizer.learning_rate = jnp.float32(0.5)


@pytest.mark.parametrize("change", [assigned, set_by_the_backend, set_as_an_attribute])
def test_a_learning_rate_reads_as_a_number_and_can_be_assigned(change):
    optimizer = optimizers.Adam(0.1)
    before = optimizer.lr

    change(optimizer)

    after = optimizer.lr
    assert (before, after, after.value, after.numpy(), backend.get_value(after)) == (0.1, 0.5, 0.5, 0.5, 0.5)


def test_a_learning_rate_is_plain_data_in_a_config_and_belongs_to_its_own_optimizer_in_a_copy():
    optimizer = optimizers.Adam(0.1)
    copied = copy.deepcopy(optimizer)

    copied.lr.assign(0.5)

    assert type(optimizer.get_config()["learning_rate"]) is float
    assert (optimizer.lr, copied.lr, pickle.loads(pickle.dumps(copied.lr))) == (0.1, 0.5, 0.5)


def test_iterations_are_the_updates_made():
    inputs = Input((2,))
    model = Model(inputs, layers.Dense(1)(inputs))
    seen = []

    class Halve(callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            seen.append((self.model.optimizer.iterations, backend.get_value(self.model.optimizer.lr)))
            backend.set_value(self.model.optimizer.lr, self.model.optimizer.lr / 2)

    model.compile(optimizers.SGD(lr=0.08, decay=1e-6), "mse")
    assert model.optimizer.iterations == 0
    model.fit(np.ones((6, 2)), np.ones((6, 1)), batch_size=2, epochs=2, callbacks=[Halve()], verbose=0)

    assert seen == [(3, 0.08), (6, 0.04)]


def test_weight_decay_is_the_second_argument_of_adamw():
    optimizer = optimizers.AdamW(0.1, 0.2, 0.3)
    assert (optimizer.learning_rate, optimizer.weight_decay, optimizer.beta_1) == (0.1, 0.2, 0.3)


IDENTIFIERS = [
    ("rmsprop", optimizers.RMSprop),
    ("RMSprop", optimizers.RMSprop),
    ("AdamW", optimizers.AdamW),
    (optimizers.SGD, optimizers.SGD),
    (optimizers.Nadam(), optimizers.Nadam),
    ({"class_name": "adam", "config": {"learning_rate": 0.1}}, optimizers.Adam),
    ({"class_name": "Adam", "config": {"lr": 0.1, "decay": 0.0, "beta_1": 0.9}}, optimizers.Adam),
    (optax.sgd(0.1), optimizers.Optax),
    (optax.MultiSteps(optax.sgd(0.1), 2), optimizers.Optax),
]


@pytest.mark.parametrize(("identifier", "expected"), IDENTIFIERS)
def test_an_optimizer_is_found(identifier, expected):
    assert type(optimizers.get(identifier)) is expected


def test_a_config_with_a_class_of_ones_own_is_read():
    class Slow(optimizers.SGD):
        pass

    config = optimizers.serialize(Slow(0.1))
    assert type(optimizers.deserialize(config, {"Slow": Slow})) is Slow


@pytest.mark.parametrize("name", sorted(lookup.TABLE))
def test_a_config_makes_the_same_optimizer_again(name):
    options = EVERY_OPTION | {"name": "mine"}
    optimizer = type(optimizers.get(name))(schedules.PolynomialDecay(0.1, 10), **options)

    config = optimizers.serialize(optimizer)

    assert optimizers.serialize(optimizers.get(config)) == config


def test_the_loss_is_scaled_by_the_factor():
    assert optimizers.SGD(loss_scale_factor=8).scale_loss(2.0, None) == 16.0
    assert optimizers.SGD().scale_loss(2.0, None) == 2.0


def fit_at(rate):
    inputs = Input((2,))
    model = Model(inputs, layers.Dense(1)(inputs))
    model.compile(optimizers.SGD(rate), "mse")
    return model.fit(np.ones((6, 2)), np.ones((6, 1)), verbose=0)


def set_rate_of_optax():
    optimizers.Optax(optax.sgd(0.1)).learning_rate = 0.2


MESSAGES = [
    (lambda: optimizers.get("adaam"), ValueError, "Unknown optimizer 'adaam'. Did you mean \"adam\""),
    (
        lambda: optimizers.get(0.1),
        TypeError,
        "Expected the name of an optimizer or the optimizer itself, got 0.1",
    ),
    (lambda: optimizers.get(len), TypeError, "Expected an optimizer, got <built-in function len>"),
    (lambda: optimizers.SGD(-0.1), ValueError, "SGD needs a learning_rate of 0 or more, got -0.1"),
    (lambda: optimizers.SGD().lr.assign(-0.1), ValueError, "SGD needs a learning_rate of 0 or more, got -0.1"),
    (lambda: optimizers.SGD("fast"), TypeError, "SGD needs a number or a schedule for learning_rate, got 'fast'"),
    (lambda: optimizers.SGD(decay=-1), ValueError, "SGD needs a decay of 0 or more, got -1"),
    (lambda: optimizers.SGD(float("nan")), ValueError, "SGD needs a learning_rate of 0 or more, got nan"),
    (lambda: optimizers.SGD(float("inf")), ValueError, "SGD needs a finite learning_rate, got inf"),
    (lambda: optimizers.SGD(np.ones(2)), TypeError, "SGD needs a number or a schedule for learning_rate, got array"),
    (
        lambda: fit_at(lambda step: jnp.ones(2)),
        TypeError,
        r"The learning rate of SGD is a function, and must return a single number, got an array of shape \(2,\)",
    ),
    (lambda: fit_at(lambda step: "fast"), TypeError, "must return a single number, got the string 'fast'"),
    (lambda: fit_at(lambda: None), TypeError, "must return a single number, got None"),
    (lambda: optimizers.SGD(loss_scale_factor=0), ValueError, "SGD needs a loss_scale_factor above 0, got 0"),
    (lambda: optimizers.Lion(beta_1=0), ValueError, "Lion needs a beta_1 above 0, to 1, got 0"),
    (
        lambda: optimizers.Ftrl(l1_regularization_strength=-1),
        ValueError,
        "l1_regularization_strength to be 0 or more, got -1",
    ),
    (
        lambda: optimizers.Ftrl(learning_rate_power=1),
        ValueError,
        "Ftrl needs learning_rate_power to be 0 or less, got 1",
    ),
    (lambda: optimizers.Adafactor(clip_threshold=0), ValueError, "Adafactor needs a positive clip_threshold, got 0"),
    (
        lambda: optimizers.ScheduleFreeAdamW(beta_1=0),
        ValueError,
        "ScheduleFreeAdamW needs a beta_1 above 0, to 1, got 0",
    ),
    (lambda: optimizers.ScheduleFreeAdamW(warmup_steps=-1), ValueError, "needs 0 or more warmup_steps, got -1"),
    (lambda: optimizers.SGD(momentum=1.5), ValueError, "SGD needs a momentum from 0 to 1, got 1.5"),
    (
        lambda: optimizers.Adam(clipnorm=1, clipvalue=1),
        ValueError,
        "Adam takes one kind of clipping at most, got clipnorm and clipvalue",
    ),
    (lambda: optimizers.Adam(clipnorm=-1), ValueError, "Adam needs a clipnorm of 0 or more, got -1"),
    (
        lambda: optimizers.Adam(gradient_accumulation_steps=1),
        ValueError,
        "an integer of 2 or more for gradient_accumulation_steps, got 1",
    ),
    (lambda: optimizers.Adam(ema_momentum=2), ValueError, "an ema_momentum from 0 to 1, got 2"),
    (
        lambda: optimizers.Adam(ema_overwrite_frequency=0),
        ValueError,
        "an integer of 1 or more for ema_overwrite_frequency, got 0",
    ),
    (lambda: optimizers.get(optax.lbfgs()), TypeError, "needs value_fn, which a training step does not have"),
    (
        lambda: optimizers.get(optax.MultiSteps(optax.lbfgs(), 2)),
        TypeError,
        "needs value_fn, which a training step does not have",
    ),
    (set_rate_of_optax, TypeError, "The learning rate of an optax transformation is inside it"),
    (
        lambda: optimizers.serialize(optimizers.Optax(optax.sgd(0.1))),
        ValueError,
        "cannot be written to a config",
    ),
]


@pytest.mark.parametrize(("mistake", "error", "message"), MESSAGES)
def test_a_mistake_is_explained(mistake, error, message):
    with pytest.raises(error, match=message):
        mistake()
