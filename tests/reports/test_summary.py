import re
from pathlib import Path

import pytest

from plait import layers
from plait.core import names
from plait.graph.layer import Layer
from plait.models import Model, Sequential
from plait.reports.summary import print_summary
from tests.reports.lecture import convolutional, one_dense_layer, recurrent, three_outputs, two_inputs

GOLDEN = Path(__file__).parent.parent / "golden" / "lecture_tables.md"
TABLES = dict(re.findall(r"^## ([^\n]+)\n\n```\n(.*?)\n```", GOLDEN.read_text(), re.DOTALL | re.MULTILINE))


def lines(model, **arguments):
    printed = []
    print_summary(model, print_fn=printed.append, **arguments)
    return printed


def rows(model, **arguments):
    """The rows between the headings and the totals, without rules and trailing spaces."""
    printed = [line.rstrip() for line in lines(model, **arguments)]
    return [
        line
        for line in printed[3 : printed.index(next(n for n in printed if n.startswith("Total")))]
        if set(line) - {*"_="}
    ]


class Halves(Layer):
    """A layer with two outputs."""

    def compute_output_shape(self, input_shape):
        half = (*input_shape[:-1], input_shape[-1] // 2)
        return [half, half]


# ------------------------------------------------------------------------------------------ the lecture


@pytest.fixture(scope="module")
def lecture():
    """The models of the lecture, made in its order, under the headings of their tables."""
    names.clear()
    models = [*one_dense_layer(), *recurrent(), *convolutional(), *two_inputs()]
    names.clear()
    return dict(zip(TABLES, [*models, *three_outputs()], strict=True))


@pytest.mark.parametrize("heading", TABLES)
def test_the_lecture_s_tables_are_printed_to_the_byte(lecture, heading):
    assert "\n".join(lines(lecture[heading])) == TABLES[heading]


# ------------------------------------------------------------------------------------------ which table


def a_chain():
    inputs = layers.Input((4,))
    hidden = layers.Dense(2)(inputs)
    return Model(inputs, layers.Dense(3)(hidden))


def a_chain_of_a_model():
    inputs = layers.Input((4,))
    return Model(inputs, a_chain()(inputs))


def an_output_midway():
    inputs = layers.Input((4,))
    hidden = layers.Dense(2)(inputs)
    return Model(inputs, [hidden, layers.Dense(3)(hidden)])


def its_inputs_alone():
    inputs = layers.Input((4,))
    return Model(inputs, inputs)


def two_branches():
    inputs = layers.Input((4,))
    return Model(inputs, [layers.Dense(2)(inputs), layers.Dense(3)(inputs)])


def one_tensor_twice():
    inputs = layers.Input((4,))
    return Model(inputs, layers.concatenate([inputs, inputs]))


def a_layer_twice_in_a_row():
    inputs, layer = layers.Input((4,)), layers.Dense(4)
    return Model(inputs, layer(layer(inputs)))


@pytest.mark.parametrize(
    ("make", "width"),
    [
        (a_chain, 65),
        (a_chain_of_a_model, 65),
        (an_output_midway, 65),
        (its_inputs_alone, 65),
        (two_branches, 98),
        (one_tensor_twice, 98),
        (a_layer_twice_in_a_row, 98),
    ],
)
def test_only_a_chain_of_layers_has_the_narrow_table(make, width):
    assert lines(make())[0] == "_" * width


def test_without_print_fn_the_lines_are_printed(capsys):
    model = a_chain()

    print_summary(model)

    assert capsys.readouterr().out.splitlines() == lines(model)


def test_print_fn_gets_one_line_at_a_time():
    assert not any("\n" in line for line in lines(two_branches()))


# ------------------------------------------------------------------------------------------ rows


def test_a_shared_layer_lists_what_all_its_calls_take_and_counts_once():
    a, b, shared = layers.Input((4,), name="a"), layers.Input((4,), name="b"), layers.Dense(3, name="shared")

    printed = rows(model := Model([a, b], layers.Dense(1, name="head")(layers.concatenate([shared(a), shared(b)]))))

    assert printed == [
        "a (InputLayer)                  (None, 4)            0",
        "b (InputLayer)                  (None, 4)            0",
        "shared (Dense)                  (None, 3)            15          a[0][0]",
        "                                                                 b[0][0]",
        "concatenate_1 (Concatenate)     (None, 6)            0           shared[0][0]",
        "                                                                 shared[1][0]",
        "head (Dense)                    (None, 1)            7           concatenate_1[0][0]",
    ]
    assert "Total params: 22" in lines(model)


def test_calls_in_other_models_are_not_listed():
    shared = layers.Dense(3, name="shared")
    other = shared(layers.Input((7, 4), name="elsewhere"))
    inputs = layers.Input((4,), name="here")

    printed = rows(Model(inputs, [shared(inputs), layers.Dense(1, name="head")(inputs)]))

    assert other.shape == (None, 7, 3)
    assert printed[1:] == [
        "shared (Dense)                  (None, 3)            15          here[0][0]",
        "head (Dense)                    (None, 1)            5           here[0][0]",
    ]


def test_the_first_use_of_a_model_as_a_layer_is_its_call_1():
    inputs = layers.Input((4,), name="x")
    inner = Sequential([layers.Dense(2, input_shape=(4,))], name="inner")

    printed = rows(Model(inputs, layers.concatenate([inner(inputs), inner(inputs)])))

    assert printed[1:] == [
        "inner (Sequential)              (None, 2)            10          x[0][0]",
        "                                                                 x[0][0]",
        "concatenate_1 (Concatenate)     (None, 4)            0           inner[1][0]",
        "                                                                 inner[2][0]",
    ]


def test_several_outputs_are_a_list_of_shapes_and_are_told_apart():
    inputs = layers.Input((4,), name="x")
    left, right = Halves(name="halves")(inputs)

    printed = rows(Model(inputs, layers.concatenate([right, left])), positions=[20, 50, 60, 98])

    assert printed[1:] == [
        "halves (Halves)     [(None, 2), (None, 2)]        0         x[0][0]",
        "concatenate_1 (Conc (None, 4)                     0         halves[0][1]",
        "                                                            halves[0][0]",
    ]


def test_calls_with_different_output_shapes_are_multiple():
    a, b, shared = layers.Input((4,)), layers.Input((7, 4)), layers.Dense(3, name="shared")

    printed = rows(Model([a, b], [shared(a), shared(b)]))

    assert "shared (Dense)                  multiple             15          input_1[0][0]" in printed


def test_operators_are_rows():
    inputs = layers.Input((4,), name="x")

    printed = rows(Model(inputs, layers.Dense(4, name="dense")(inputs) * 2.0 + inputs))

    assert printed[1:] == [
        "dense (Dense)                   (None, 4)            20          x[0][0]",
        "multiply_1 (Multiply)           (None, 4)            0           dense[0][0]",
        "add_1 (Add)                     (None, 4)            0           multiply_1[0][0]",
        "                                                                 x[0][0]",
    ]


def test_a_model_that_begins_midway_has_an_input_there():
    hidden = layers.Dense(2, name="hidden")(layers.Input((4,)))

    printed = rows(Model(hidden, [layers.Dense(3, name="a")(hidden), layers.Dense(1, name="b")(hidden)]))

    assert printed == [
        "hidden_input (InputLayer)       (None, 2)            0",
        "a (Dense)                       (None, 3)            9           hidden_input[0][0]",
        "b (Dense)                       (None, 1)            3           hidden_input[0][0]",
    ]


def test_a_long_name_is_cut_before_the_next_column():
    model = Sequential([layers.Dense(2, input_shape=(2,), name="the_very_last_of_all_the_layers")])

    assert rows(model) == ["the_very_last_of_all_the_lay (None, 2)                 6"]


def test_the_layers_of_a_subclassed_model_are_listed_in_order():
    """More of these in test_traced.py, beside genuine Keras."""

    class Tower(Model):
        def __init__(self):
            super().__init__()
            self.first, self.spare, self.last = (
                layers.Dense(3, name="first"),
                layers.Dense(9, name="spare"),
                layers.Dense(1, name="last"),
            )

        def call(self, inputs):
            return self.last(self.first(inputs))

    tower = Tower()
    tower(layers.Input((4,)))

    assert rows(tower) == [
        "first (Dense)                (None, 3)                 15",
        "spare (Dense)                ?                         0 (unused)",
        "last (Dense)                 (None, 1)                 4",
    ]


# ------------------------------------------------------------------------------------------ counts


def test_what_is_frozen_is_not_trainable():
    model = Sequential([layers.Dense(1000, input_shape=(1000,), trainable=False), layers.Dense(1)])

    assert lines(model)[-4:-1] == [
        "Total params: 1,002,001",
        "Trainable params: 1,001",
        "Non-trainable params: 1,001,000",
    ]


def test_a_model_of_70_billion_parameters_takes_no_memory_to_summarise():
    model = Sequential([layers.Dense(70_000, input_shape=(1_000_000,), use_bias=False, name="huge")])

    printed = lines(model)

    assert printed[3].rstrip() == "huge (Dense)                 (None, 70000)             7.000e+10"
    assert "Total params: 70,000,000,000" in printed
    assert not model.weights[0].is_materialised


# ------------------------------------------------------------------------------------------ arguments


def nested():
    inner = Sequential([layers.Dense(3, input_shape=(4,), name="a"), layers.Dense(2, name="b")], name="inner")
    inputs = layers.Input((4,), name="x")
    middle = Model(inputs, inner(inputs), name="middle")
    return Sequential([middle, layers.Dense(1, name="head")])


def test_expand_nested_lists_the_layers_of_a_model_under_it():
    assert lines(nested(), expand_nested=True)[3:-5] == [
        "middle (Model)               (None, 2)                 23        ",
        "_" * 65,
        "| x (InputLayer)             (None, 4)                 0         ",
        "_" * 65,
        "| inner (Sequential)         (None, 2)                 23        ",
        "_" * 65,
        "|| a (Dense)                 (None, 3)                 15        ",
        "_" * 65,
        "|| b (Dense)                 (None, 2)                 8         ",
        "_" * 65,
        "head (Dense)                 (None, 1)                 3         ",
    ]


def test_show_trainable_adds_a_column():
    model = Sequential([layers.Input((4,)), layers.Dense(3, trainable=False), layers.Dense(1)])

    printed = lines(model, show_trainable=True)

    assert printed[:6] == [
        "_" * 76,
        "Layer (type)                 Output Shape              Param #   Trainable  ",
        "=" * 76,
        "dense_1 (Dense)              (None, 3)                 15        N          ",
        "_" * 76,
        "dense_2 (Dense)              (None, 1)                 4         Y          ",
    ]


def test_show_costs_adds_two_columns_and_a_line():
    model = Sequential([layers.Input((4,)), layers.Dense(3), layers.Activation("relu"), layers.Dense(1)])

    printed = lines(model, show_trainable=True, show_costs=True)

    assert [line.rstrip() for line in printed[1:8:2]] == [
        "Layer (type)                 Output Shape              Param #   Trainable  Multiply-Adds  Output Bytes",
        "dense_1 (Dense)              (None, 3)                 15        Y          12             12",
        "activation_1 (Activation)    (None, 3)                 0         -          0              12",
        "dense_2 (Dense)              (None, 1)                 4         Y          3              4",
    ]
    assert printed[0] == printed[-1] == "_" * 105
    assert printed[-2] == "Costs of 1 example: 15 multiply-adds, 28 bytes of outputs"


def test_costs_of_the_layers_of_a_nested_model_are_listed_under_its_own():
    printed = rows(nested(), expand_nested=True, show_costs=True)

    costs = {line.strip("| ").split()[0]: line.split()[-2:] for line in printed}
    assert costs == {
        "middle": ["18", "8"], "x": ["0", "0"], "inner": ["18", "8"],
        "a": ["12", "12"], "b": ["6", "8"], "head": ["2", "4"],
    }  # fmt: skip


def test_a_layer_without_weights_is_neither_trainable_nor_not():
    inputs = layers.Input((4,), name="x")

    printed = rows(Model(inputs, inputs + inputs), show_trainable=True)

    assert printed == [
        "x (InputLayer)                  (None, 4)            0                                            -",
        "add_1 (Add)                     (None, 4)            0           x[0][0]                          -",
        "                                                                 x[0][0]",
    ]


@pytest.mark.parametrize(
    ("layer_range", "listed"),
    [
        (("dense_2", "dense_3"), [2, 3]),
        (("dense_1", "dense_1"), [1]),  # and not dense_10
        ((".*3", ".*5"), [3, 4, 5]),
        (("dense_", "dense_[23]"), [1, 2, 3]),
        (["dense_9", "dense_.*"], [9, 10]),
    ],
)
def test_layer_range_lists_from_the_first_match_to_the_last(layer_range, listed):
    model = Sequential([layers.Input((1,)), *(layers.Dense(1) for _ in range(10))])

    printed = lines(model, layer_range=layer_range)

    assert [row.split()[0] for row in printed if row.startswith("dense")] == [f"dense_{number}" for number in listed]
    assert "Total params: 20" in printed


@pytest.mark.parametrize(
    ("measures", "heading"),
    [
        ({"line_length": 40}, "Layer (type)      Output Shape    Param"),
        ({"positions": [0.5, 0.75, 1.0]}, "Layer (type)                    Output Shape    Param #"),
        ({"positions": [15, 30, 40]}, "Layer (type)   Output Shape   Param #"),
        ({"positions": [15, 30, 40, 60]}, "Layer (type)   Output Shape   Param #"),
    ],
)
def test_columns_end_where_they_are_told_to(measures, heading):
    assert lines(a_chain(), **measures)[1].rstrip() == heading


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"line_length": 0}, "needs line_length in whole characters, got 0"),
        ({"line_length": 65.5}, "needs line_length in whole characters, got 65.5"),
        ({"line_length": 2}, "on a line of 2 characters"),
        ({"positions": [20, 40]}, r"got positions \[20, 40\]"),
        ({"positions": []}, r"got positions \[\]"),
        ({"positions": [40, 20, 60]}, r"got positions \[40, 20, 60\]"),
        ({"positions": ["a", "b", "c"]}, r"got positions \['a', 'b', 'c'\]"),
        ({"layer_range": "dense_1"}, "the names of the first and the last layer, got 'dense_1'"),
        ({"layer_range": ("dense_1",)}, r"got \('dense_1',\)"),
        ({"layer_range": ("dense_1", 2)}, r"got \('dense_1', 2\)"),
        ({"layer_range": ("input_1", "dnse_1")}, r'matches \'dnse_1\'. Did you mean "dense_1"\?'),
        ({"layer_range": ("nothing", "dense_1")}, "Layers: input_1, dense_1, dense_2."),
        ({"layer_range": ("dense_2", "input_1")}, 'layer "input_1" stands above "dense_2"'),
        ({"layer_range": ("(", "dense_1")}, "neither a layer's name nor a regular expression"),
    ],
)
def test_what_cannot_be_drawn_is_said_before_anything_is_printed(arguments, problem):
    printed = []

    with pytest.raises(ValueError, match=problem):
        print_summary(a_chain(), print_fn=printed.append, **arguments)

    assert not printed


def test_costs_that_are_not_known_are_said_before_anything_is_printed():
    printed, inputs = [], layers.Input((None, 4))

    with pytest.raises(ValueError, match=r"sizes that are not known: it takes shape \(None, None, 4\)"):
        print_summary(Model(inputs, layers.LSTM(2)(inputs)), print_fn=printed.append, show_costs=True)
    assert not printed


def test_a_model_that_is_not_built_cannot_be_summarised():
    with pytest.raises(ValueError, match='Sequential "sequential_1" is not built'):
        print_summary(Sequential([layers.Dense(2)]))
