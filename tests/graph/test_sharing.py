import jax
import numpy as np

from plait import Input, Model, Sequential, layers


def test_a_layer_called_twice_has_one_kernel():
    layer = layers.Dense(4)
    model = Model(inputs := Input((4,)), layer(layer(inputs)))
    assert model.weights == [layer.kernel, layer.bias]


def test_the_gradient_of_a_shared_kernel_is_the_sum_over_its_calls():
    shared = layers.Dense(1, use_bias=False)
    a, b = Input((2,), name="a"), Input((2,), name="b")
    model = Model([a, b], shared(a) + shared(b))
    forward = model.forward()
    from plait.core.context import Context

    def total(kernel):
        return forward({shared.kernel: kernel}, [np.ones((1, 2), np.float32)] * 2, Context()).outputs[0].sum()

    np.testing.assert_allclose(jax.grad(total)(shared.kernel.value), [[2.0], [2.0]])


def test_a_model_used_twice_shares_its_weights():
    encoder = Sequential([layers.Dense(3, input_shape=(5,)), layers.Dense(2)], name="encoder")
    a, b = Input((5,)), Input((5,))
    model = Model([a, b], layers.concatenate([encoder(a), encoder(b)]))
    assert model.weights == encoder.weights
    x = np.random.default_rng(0).normal(size=(4, 5)).astype(np.float32)
    once = encoder.predict(x, verbose=0)
    np.testing.assert_allclose(model.predict([x, x], verbose=0), np.hstack([once, once]), rtol=1e-6)


def test_the_same_tensor_may_be_used_twice_and_an_input_may_be_an_output():
    inputs = Input((2,))
    model = Model(inputs, [inputs, layers.add([inputs, inputs]), inputs])
    x = np.array([[1.0, 2.0]], np.float32)
    first, doubled, last = model.predict(x, verbose=0)
    assert first.tolist() == last.tolist() == x.tolist()
    assert doubled.tolist() == [[2.0, 4.0]]
