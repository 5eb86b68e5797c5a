"""A model: a graph that is itself a layer, with what one does to models as one-line methods."""

from __future__ import annotations

import inspect
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

import jax
import numpy as np

from plait import optimizers
from plait.callbacks.callback_list import CallbackList
from plait.core import errors, lazy, nest, registry
from plait.core.context import Context
from plait.core.updated import Updated
from plait.core.weight import Weight
from plait.files import compile_config, config
from plait.graph import adapter, ports, readers, shapes, watching
from plait.graph.before import Prepared
from plait.graph.graph import Graph
from plait.graph.layer import Layer
from plait.graph.operators import Operation
from plait.graph.shapes import Spec
from plait.graph.tensor import any_symbolic
from plait.metrics import Metric
from plait.models import pure, signature
from plait.models.entry import entry
from plait.models.signature import CallSpecs, Signature
from plait.reports import compiled as compiled_report
from plait.reports import summary
from plait.training import asked, checks, counting, learning_rates, loop
from plait.training.compiled import Compiled
from plait.training.feed import arrays as feed
from plait.training.learning_rates import LearningRates

if TYPE_CHECKING:
    from plait.models import export, files
else:
    # Most runs save and load nothing.
    export, files = lazy.Module("plait.models.export"), lazy.Module("plait.models.files")


@registry.register
class Model(Layer):
    """Groups the layers between inputs and outputs; it can be trained, and called like a layer.

    Args:   inputs: a tensor made by Input (or any tensor of another model), or a list, tuple or dict of tensors.
            outputs: what is to be computed from them, likewise.
            name: of the model; `model_1`, `model_2`, … if not given.
    Errors: TypeError if something else than symbolic tensors is given; ValueError if the outputs need an Input that
            is not given, or two layers have the same name.
    """

    keras_module = "keras.src.models.functional"
    takes_tensors = True
    # Who said what shapes the inputs have; a Sequential model may know them from elsewhere.
    shape_source = "user"

    def __init__(
        self, inputs: Any = None, outputs: Any = None, name: str | None = None, *, trainable: bool = True, **kwargs: Any
    ) -> None:
        inputs = kwargs.pop("input", inputs)
        outputs = kwargs.pop("output", outputs)
        self._graph: Graph | None = None
        self._signature: Signature | None = None
        self._first_call: CallSpecs | None = None
        self.compiled: Compiled | None = None
        self.stop_training = False
        self.predict_program: Any = None
        self.predict_step_program: Any = None
        self.history: Any = None
        # The layers of a graph cast for themselves what its inputs let in: ids must not be rounded on the way to them.
        kwargs.setdefault("autocast", self._has_call)
        super().__init__(name=name, trainable=trainable, **kwargs)  # type: ignore[arg-type]
        if inputs is not None or outputs is not None:
            self._draw(inputs, outputs)
            if not trainable:
                self.trainable = False  # and with it the layers

    def _draw(self, inputs: Any, outputs: Any) -> None:
        """Makes the graph between these the model's own."""
        graph = Graph(inputs, outputs)
        _check_names(graph.layers)
        self._graph = graph
        self.built = True
        for layer, place in graph.places.items():
            self.adopt(layer, place)
        # Call 0 of a model is its own graph: in summaries its first use as a layer is `model_1[1][0]`. No node stands
        # for it, as a node holds its layer, and a model that held itself would outlive its last user.
        self._nodes = self._nodes or [_no_node]  # type: ignore[list-item]

    def __getstate__(self) -> dict[str, Any]:
        """Returns all attributes, how it was compiled and how far it is trained among them; no compiled programs."""
        # Tensors that it was made of are those of its graph.
        arguments = ((), {}) if any_symbolic(self._arguments) else self._arguments  # type: ignore[attr-defined]
        programs = {"predict_program": None, "predict_step_program": None}
        return {**super().__getstate__(), **programs, "_arguments": arguments}

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        if self._graph is not None:
            self._nodes = [_no_node]  # type: ignore[list-item]

    @property
    def place(self) -> str:
        """Where the model stands in the one around it; an outermost model has a place only if the user named it."""
        return super().place if self._home or self._is_named else ""

    @property
    def graph(self) -> Graph:
        """The graph.

        Errors: ValueError if the model is not built yet.
        """
        if self._graph is None:
            raise ValueError(
                errors.explain(
                    f"{self} is not built: the shape of its inputs is not known yet.",
                    "Give its first layer an input_shape, put an Input first, call model.build((None, …)), "
                    "or call it on data.",
                )
            )
        return self._graph

    @property
    def computation(self) -> Graph | Signature:
        """What it computes by; another object once that has changed. A `call` has no graph, but a signature.

        Errors: ValueError if the shapes of the inputs are not known yet.
        """
        if not self._has_call:
            return self.graph
        if self._signature is None:
            raise ValueError(
                errors.explain(
                    f"What {self} takes and gives is not known yet: it computes by a `call` of its own.",
                    "fit, evaluate and predict find out from their data.",
                )
            )
        return self._signature

    @property
    def has_graph(self) -> bool:
        """Whether it computes by a graph, and not by a `call` of its own."""
        return not self._has_call

    @property
    def knows_its_ports(self) -> bool:
        """Whether it is known what the model takes and gives."""
        return self._signature is not None if self._has_call else self.built

    @property
    def call_specs(self) -> CallSpecs | None:
        """What a call is given, in Specs; None for a model with a `call` that was not called yet and saw no data.

        Errors: ValueError if the model is to have a graph, and is not built.
        """
        if not self._has_call:
            return CallSpecs(nest.walk(lambda t: Spec(t.shape, t.dtype), self.graph.input_structure), {})
        return CallSpecs(self._signature.inputs, {}) if self._signature else self._first_call

    # ------------------------------------------------------------------------------------------ as a layer

    @property
    def _has_call(self) -> bool:
        """Whether this is a subclass that computes by Keras's `call`, and has no graph."""
        return type(self).call is not Layer.call

    def named_children(self) -> Iterator[tuple[str, Layer]]:
        """Yields the layers of the graph under their names."""
        if self._graph is None:
            yield from super().named_children()
        else:
            for layer in self._graph.layers:
                yield layer.name, layer

    def apply(self, values: Mapping[Weight, Any], inputs: Any, ctx: Context, **_: Any) -> Updated:
        """Runs the graph."""
        if isinstance(inputs, Prepared):
            return self.graph.run(values, inputs.arrays, ctx)
        if self.graph.before.steps:
            raise ValueError(_needs_host(self, "be computed by a function of JAX, or by a layer that it is wrapped in"))
        masks = None
        if ctx.mask is not None:
            masks = nest.flatten(ctx.mask) if nest.flatten(ctx.mask) else None
            masks = masks * len(self.graph.inputs) if masks and len(masks) == 1 else masks
        taken = [ports.taken(array, port) for array, port in self._arranged(inputs)]
        return self.graph.run(values, taken, ctx, masks)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Records a node if a symbolic tensor is among the arguments, else computes now."""
        # The shortest way for what a trained model is asked most often: arrays just as they were declared.
        graph = self._graph
        if len(args) == 1 and not kwargs and graph is not None and not graph.readers and not graph.before.steps:
            arrays = feed.as_declared(self, args[0])
            if arrays is not None and not self._has_call and adapter.call_in_force(self) is None:
                return self._predicted(arrays)
        outputs = super().__call__(*args, **kwargs)
        if self._has_call and self._first_call is None:
            self._first_call = signature.call_specs(*self._by_name(args, kwargs))
        return outputs

    @entry
    def _compute(self, inputs: Any, arguments: dict[str, Any]) -> Any:
        """Computes now; outside of any transformation of JAX's, by the compiled program that predicts."""
        if self._has_call:
            return super()._compute(inputs, arguments)
        arrays = None if arguments or self._graph is None else feed.as_declared(self, inputs)
        if arrays is None:
            self.build_for(inputs)
            given = self._fitting(inputs)
            if self.graph.before.steps and arguments:
                raise ValueError(_needs_host(self, "be given arguments"))
            if arguments or any(isinstance(array, jax.core.Tracer) for array, _ in given):
                return super()._compute(inputs, arguments)
            raw = self.graph.before.is_raw
            arrays = [feed.input_array(*one, is_raw=is_raw) for one, is_raw in zip(given, raw, strict=True)]
        # Elsewhere the values would have to come back from the device.
        if self.graph.readers and jax.default_backend() == "cpu":
            feed.check_values(self, arrays)
        return self._predicted(arrays)

    def prepared(self, inputs: Any) -> list[Any]:
        """Returns what the compiled part of the graph is given, for these inputs, after its part on the host."""
        given = zip(self._fitting(inputs), self.graph.before.is_raw, strict=True)
        return self.graph.before.run([feed.input_array(*one, is_raw=is_raw) for one, is_raw in given])

    def _predicted(self, arrays: list[Any]) -> Any:
        # Copies: JAX only borrows a NumPy array, and the caller may write to it while the outputs are under way.
        arrays = [array.copy() if isinstance(array, np.ndarray) else array for array in arrays]
        outputs, self._added_losses = loop.predictor(self).called(self.graph.before.run(arrays))
        return nest.pack(self.graph.output_structure, outputs)

    def _arranged(self, inputs: Any) -> list[tuple[Any, ports.Port]]:
        """Returns what is given for each input, with its port."""
        flat = ports.arrange(inputs, self.graph.input_structure, self.input_ports, "inputs")
        return list(zip(flat, self.input_ports, strict=True))

    def _fitting(self, inputs: Any) -> list[tuple[Any, ports.Port]]:
        """Returns what is given for each input, with its port.

        Errors: ValueError for another shape.
        """
        given = self._arranged(inputs)
        for array, port in given:
            _check_input(self, port, array)
        return given

    def build(self, input_shape: Any) -> None:
        """Does nothing for a model that has its graph already, or computes by a `call` of its own."""
        if not self._has_call:
            self.graph  # noqa: B018 - raises where there is none

    def compute_output_spec(self, specs: Any, **arguments: Any) -> Any:
        """Returns the Specs of the outputs for inputs of these; the graph's own where the inputs are as declared."""
        if self._has_call:
            return super().compute_output_spec(specs, **arguments)
        given = self._fitting(specs)
        if all(tensor.shape == spec.shape for tensor, (spec, _) in zip(self.graph.inputs, given, strict=True)):
            return nest.walk(lambda t: Spec(t.shape, t.dtype), self.graph.output_structure)
        return self._traced_spec(specs, arguments)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Returns the shapes of the outputs for inputs of these, batch axis included."""
        if self._has_call:
            return super().compute_output_shape(input_shape)
        return nest.walk(lambda spec: spec.shape, self.compute_output_spec(shapes.described(input_shape)))

    def masked_outputs(self, specs: Any, masked: Any, outputs: Any, arguments: Mapping[str, Any]) -> list[bool]:
        """Follows the masks through the graph."""
        if self._has_call:
            return super().masked_outputs(specs, masked, outputs, arguments)
        return self.graph.masked(ports.arrange(masked, self.graph.input_structure, self.input_ports, "inputs"))

    def loses_mask(self) -> bool:
        """A layer inside says it, where the mask is lost."""
        return False

    # ------------------------------------------------------------------------------------------ what it consists of

    @property
    def layers(self) -> list[Layer]:
        """The layers, ordered by their distance from the outputs."""
        return [layer for layer in self.children() if not isinstance(layer, Operation)]

    @property
    def operations(self) -> list[Layer]:
        """The layers and the functions of `plait.ops` between them."""
        return self.children()

    @property
    def inputs(self) -> list[Any]:
        """The input tensors, as a flat list."""
        return self.graph.inputs

    @property
    def outputs(self) -> list[Any]:
        """The output tensors, as a flat list."""
        return self.graph.outputs

    def _tensors_at(self, index: int | None, what: str) -> Any:
        if index not in (None, 0):
            return super()._tensors_at(index, what)
        structure = self.graph.input_structure if what.startswith("input") else self.graph.output_structure
        return nest.walk(lambda tensor: tensor.shape, structure) if what.endswith("shape") else structure

    @property
    def input_structure(self) -> Any:
        """The inputs, as symbolic tensors or Specs, in the structure they are given in."""
        found = self.computation
        return found.inputs if isinstance(found, Signature) else found.input_structure

    @property
    def output_structure(self) -> Any:
        """The outputs, as symbolic tensors or Specs, in the structure they come in."""
        found = self.computation
        return found.outputs if isinstance(found, Signature) else found.output_structure

    @property
    def input_ports(self) -> list[ports.Port]:
        """Name, shape and dtype of each input, for any number of samples."""
        if self._has_call:
            return ports.of_specs(self.input_structure, "input")
        structure = nest.walk(lambda tensor: self.graph.entries[tensor].tensor, self.graph.input_structure)
        return ports.of(structure)

    @property
    def output_ports(self) -> list[ports.Port]:
        """Name, shape and dtype of each output, for any number of samples."""
        if self._has_call:
            return ports.of_specs(self.output_structure, "output")
        return ports.of(self.graph.output_structure)

    @property
    def input_names(self) -> list[str]:
        """What data for the inputs are addressed by in dicts."""
        return [port.name for port in self.input_ports]

    @property
    def output_names(self) -> list[str]:
        """What losses, metrics and targets are addressed by in dicts."""
        return [port.name for port in self.output_ports]

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """Returns a layer by its name, or its position; `"encoder/conv"` is the layer conv of the model encoder.

        Errors: ValueError if there is none such, or both or neither are given.
        """
        if (name is None) == (index is None):
            raise ValueError(errors.explain("get_layer needs either a name or an index."))
        if index is not None:
            if not -len(self.layers) <= index < len(self.layers):
                raise ValueError(errors.explain(f"{self} has {len(self.layers)} layers, got index {index}."))
            return self.layers[index]
        first, _, rest = str(name).partition("/")
        found = next((child for child in self.operations if child.name == first), None)
        if found is None:
            existing = [layer.name for layer in self.layers]
            raise ValueError(
                errors.explain(
                    f'{self} has no layer "{first}".{errors.nearest(first, existing)}',
                    f"Its layers: {', '.join(existing)}.",
                )
            )
        if not rest:
            return found
        if isinstance(found, Model):
            return found.get_layer(rest)
        inside = {child.name: child for child in found.children()}
        if rest not in inside:
            raise ValueError(errors.explain(f'{found} has no layer "{rest}" in it.'))
        return inside[rest]

    def summary(
        self,
        line_length: int | None = None,
        positions: list[float] | None = None,
        print_fn: Callable[[str], Any] | None = None,
        expand_nested: bool = False,
        show_trainable: bool = False,
        layer_range: list[str] | tuple[str, str] | None = None,
        show_costs: bool = False,
    ) -> None:
        """Prints a table of the layers, their output shapes and numbers of parameters.

        Args:   line_length: width of the table; 65, or 98 where the layers are no chain.
                positions: ends of the columns, as fractions of the width or in characters.
                print_fn: called once per line in place of print.
                expand_nested: whether to list the layers of models used as layers.
                show_trainable: whether to add a column that says what training changes.
                layer_range: names of the first and the last layer to list; regular expressions.
                show_costs: whether to add columns that say what it costs to predict one example: multiply-adds, and
                    bytes of outputs.
        Errors: ValueError if the model is not built yet; for costs also if sizes of its inputs are not known, or it
                starts with text.
        """
        summary.print_summary(
            self, line_length, positions, print_fn, expand_nested, show_trainable, layer_range, show_costs
        )

    # ------------------------------------------------------------------------------------------ training

    def forward(self) -> Callable[..., Updated]:
        """Returns the graph as a pure function (values, flat inputs, ctx) -> Updated with flat outputs and masks."""
        found = self.computation
        if isinstance(found, Signature):
            return signature.forward(self, found)
        graph = found

        def run(values: Mapping[Weight, Any], inputs: list[Any], ctx: Context) -> Updated:
            updated = graph.run(values, inputs, ctx)
            return Updated(nest.flatten(updated.outputs), updated.values, updated.losses, nest.flatten(updated.mask))

        return run

    def build_for(self, x: Any) -> None:
        """Builds a model whose inputs are known only now; one with a graph is built already."""
        if not self._has_call:
            return
        self._build_for_specs(signature.specs_of(x))

    def build_for_shape(self, input_shape: Any) -> None:
        """Builds a model whose inputs are known only by their shapes."""
        self._build_for_specs(shapes.described(input_shape))

    def _build_for_specs(self, specs: Any) -> None:
        if self._signature is not None and self._signature.inputs == specs:
            return
        self.prepare(specs, {}, errors.call_site())
        listening = readers.Listening(self)
        with watching.by(listening):
            outputs = self.compute_output_spec(specs)
        self._signature = Signature(specs, outputs, list(listening.found.values()))
        if self.compiled:
            self.compiled.forget()

    @entry
    def compile(
        self,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        loss_weights: Any = None,
        metrics: Any = None,
        weighted_metrics: Any = None,
        run_eagerly: bool = False,
        steps_per_execution: int | str = "auto",
        jit_compile: bool | str = "auto",
        auto_scale_loss: bool = True,
        remat: str | Sequence[str] | None = None,
        log_penalties: bool = False,
    ) -> None:
        """Says how the model is to be trained.

        Args:   optimizer: a name, an optimizer, or an optax transformation.
                loss: a name, a Loss or a function of (y_true, y_pred); one for all outputs, a list per output, or a
                    dict by output name; None for an output that is not trained on.
                loss_weights: a factor per output, as a list or a dict.
                metrics: names, Metrics or functions; a list, a list per output, or a dict by output name.
                weighted_metrics: likewise, for metrics that sample weights apply to.
                run_eagerly: runs steps uncompiled, for debugging.
                steps_per_execution: steps per dispatch; "auto" lets the time they take decide.
                jit_compile: taken; steps are compiled unless run_eagerly is set.
                auto_scale_loss: under the policy "mixed_float16" puts a LossScaleOptimizer around the optimizer.
                remat: a regular expression of paths, or a list: the layers that match keep nothing of what they compute
                    for the backward pass, which computes it again. Less memory, more time, the same numbers.
                log_penalties: whether logs say, beside the whole loss, what regularizers of weights add to it
                    ("regularization_loss"), and what layers do, by add_loss and activity regularizers ("added_loss").
        Errors: ValueError for names that are unknown, lists of another length than the outputs, or a pattern that
                matches no layer (for layers not known yet, when training begins); TypeError for what is no pattern.
        """
        checks.compiling(jit_compile)
        optimizer = optimizers.get(optimizer)
        scales = isinstance(optimizer, optimizers.LossScaleOptimizer) or optimizer.loss_scale_factor is not None
        if auto_scale_loss and self.dtype_policy.name == "mixed_float16" and not scales:
            optimizer = optimizers.LossScaleOptimizer(optimizer)
        self.compiled = Compiled(
            self,
            optimizer,
            loss,
            loss_weights,
            metrics,
            weighted_metrics,
            run_eagerly,
            steps_per_execution,
            remat,
            log_penalties,
        )

    def compile_summary(self, print_fn: Callable[[str], Any] | None = None) -> None:
        """Prints what `compile` chose: each output's loss and metrics, what "accuracy" means, and the optimizer.

        Args:   print_fn: called once per line in place of print.
        Errors: ValueError if the model is not compiled, or its outputs are not known yet.
        """
        compiled_report.print_compiled(self, print_fn)

    @property
    def optimizer(self) -> Any:
        """The optimizer given to compile, or None."""
        return self.compiled.optimizer if self.compiled else None

    @property
    def loss(self) -> Any:
        """The loss given to compile, or None."""
        return self.compiled.arguments["loss"] if self.compiled else None

    @property
    def metrics_names(self) -> list[str]:
        """The names of what evaluate returns, in its order."""
        return loop.metrics_names(self)

    @property
    def metrics(self) -> list[Metric]:
        """The metrics given to compile, or made from the names given to it, and those of layers, as in `metrics_names`.

        Training and evaluating count in logs of their own; the states of these objects are the caller's.
        """
        if self.compiled is None or not self.built:
            return []
        objective = self.compiled.objective_of(self)
        objective.settle_once()
        given = [one.metric for output in objective.outputs for one in output.measured]
        found = [*given, *counting.of_layers(self)]
        return [asked.mean_loss(self), *found] if asked.has_state(type(self)) else found

    def reset_metrics(self) -> None:
        """Forgets what these metrics have seen."""
        for metric in self.metrics:
            metric.reset_state()

    @entry
    def fit(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: int | str = "auto",
        callbacks: Any = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: bool = True,
        class_weight: Any = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
        validation_batch_size: int | None = None,
        validation_freq: int | list[int] = 1,
        *,
        checkpoint: Any = None,
        debug_nans: bool = False,
        deterministic: bool = False,
    ) -> Any:
        """Trains the model, and returns the History of what it logged.

        Shapes: x, y (samples, …) each: an array, or a list or dict of them for several inputs or outputs.
        Args:   batch_size: examples per step; 32 if not given.
                epochs: the epoch to stop after, counted from 1; training starts after `initial_epoch`. 0 trains
                    nothing.
                verbose: 0 silent, 1 a progress bar, 2 one line per epoch; "auto" chooses 1.
                callbacks: a list of Callbacks.
                validation_split: the last fraction of the data, kept from training and evaluated after each epoch.
                validation_data: (x, y) or (x, y, sample_weight) to evaluate after each epoch.
                shuffle: whether each pass over the data takes the examples in another order; "batch" puts whole
                    batches in another order.
                class_weight: a factor per class, as a dict, or a dict of these by output name.
                sample_weight: a factor per example (or per step in time), one for all outputs or one per output.
                steps_per_epoch: the number of batches of an epoch in place of all there are. The next epoch goes on
                    with the batch after the last one, so that all data are trained on; where they end, the next pass
                    over them begins, also within an epoch.
                validation_steps: the number of batches to validate on, the first ones, in place of all there are.
                validation_batch_size: batch_size if not given.
                validation_freq: how many epochs from one validation to the next, or a list of epochs.
                checkpoint: a folder, or a `plait.training.Checkpoint`, to keep what is needed to go on with this run;
                    started again with the same line it goes on, and ends as if it had not been interrupted.
                debug_nans: looks at each step, and names the layer that makes the first NaN or infinity.
                deterministic: makes sure that a run of the same line gives the same bits.
        Errors: FloatingPointError if debug_nans finds some; OSError for checkpoints that cannot be written;
                ValueError before compile, and for data that do not fit the model, before anything is changed.
        """
        return loop.fit(
            self, x, y, batch_size, epochs, CallbackList(callbacks, self, verbose), validation_split, validation_data,
            shuffle, class_weight, sample_weight, initial_epoch, steps_per_epoch, validation_steps,
            validation_batch_size, validation_freq, checkpoint, debug_nans, deterministic,
        )  # fmt: skip

    @entry
    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        verbose: int | str = "auto",
        sample_weight: Any = None,
        steps: int | None = None,
        callbacks: Any = None,
        return_dict: bool = False,
    ) -> Any:
        """Returns loss and metrics on these data: a number, a list in the order of `metrics_names`, or a dict.

        Errors: as fit.
        """
        return loop.evaluate(
            self, x, y, batch_size, sample_weight, steps, self._callbacks(callbacks, verbose), return_dict
        )

    @entry
    def predict(
        self,
        x: Any,
        batch_size: int | None = None,
        verbose: int | str = "auto",
        steps: int | None = None,
        callbacks: Any = None,
    ) -> Any:
        """Returns the outputs for these inputs, as NumPy arrays in the structure of the outputs.

        Errors: ValueError for data that do not fit the model.
        """
        return loop.predict(self, x, batch_size, steps, self._callbacks(callbacks, verbose))

    def _callbacks(self, callbacks: Any, verbose: int | str) -> CallbackList:
        return CallbackList(callbacks, self, verbose, with_history=False)

    @entry
    def find_lr(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        batch_size: int = 32,
        start: float = 1e-7,
        stop: float = 10.0,
        steps: int = 100,
    ) -> LearningRates:
        """Returns the loss for learning rates that rise from step to step, and one to train with: `.suggestion`.

        The model, its optimizer and its learning rate are as they were when it returns.

        Shapes: x, y, sample_weight: arrays as for fit.
        Args:   start, stop: the first and the last learning rate; it ends earlier where training diverges.
                steps: how many rates are tried, 10 at least.
        Errors: ValueError before compile, for a learning rate that is a schedule, and where training diverges at once.
        """
        return learning_rates.find_lr(self, x, y, sample_weight, batch_size, start, stop, steps)

    @entry
    def train_on_batch(
        self, x: Any, y: Any = None, sample_weight: Any = None, class_weight: Any = None, return_dict: bool = False
    ) -> Any:
        """Makes one training step on all of these data, and returns loss and metrics as evaluate does."""
        return loop.train_on_batch(self, x, y, sample_weight, class_weight, return_dict)

    @entry
    def test_on_batch(self, x: Any, y: Any = None, sample_weight: Any = None, return_dict: bool = False) -> Any:
        """Returns loss and metrics on these data, taken as one batch."""
        return loop.test_on_batch(self, x, y, sample_weight, return_dict)

    @entry
    def predict_on_batch(self, x: Any) -> Any:
        """Returns the outputs for these inputs, taken as one batch."""
        return loop.predict_on_batch(self, x)

    # ------------------------------------------------------------------------------------------ steps of one's own

    @property
    def own_steps(self) -> frozenset[str]:
        """Which of `train_step`, `test_step`, `predict_step` a subclass made its own, or what the first two call."""
        cls = type(self)
        mine = frozenset([name for name, usual in _USUAL.items() if getattr(cls, name) is not usual])
        return mine - _CALLED | {"train_step", "test_step"} if mine & _CALLED else mine

    def train_step(self, data: Any) -> dict[str, Any]:
        """Makes one training step, and returns what is logged of it: what a subclass may do in its own way.

        It is traced once and compiled. In it the weights stand for the arrays of the step: call the model and its
        layers, take gradients by `value_and_grad`, change weights by `optimizer.apply` or `assign`, and count in
        metrics that the model keeps in attributes. The logs of an epoch are those of its last step.

        Args: data: x, or (x, y), or (x, y, sample_weight), as given to `fit`, one batch of it.
        """
        return asked.train_step(self, data)

    def test_step(self, data: Any) -> dict[str, Any]:
        """Measures one batch, and returns what is logged of it; see `train_step`. No weight changes."""
        return asked.test_step(self, data)

    def predict_step(self, data: Any) -> Any:
        """Returns what `predict` gives for one batch: arrays with an axis of samples first, in any structure.

        Args: data: the inputs, as given to `predict`, one batch of them.
        """
        return asked.predict_step(self, data)

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Any:
        """Returns what a step minimises: by default the loss given to compile, and what layers and regularizers add."""
        return asked.loss_of(self, y, y_pred, sample_weight)

    def compute_metrics(self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None) -> dict[str, Any]:
        """Counts a batch in the metrics given to compile, and returns what all metrics of the model amount to."""
        return asked.measured_of(self, y, y_pred, sample_weight)

    def value_and_grad(
        self, function: Callable[[], Any], weights: Any = None, has_aux: bool = False
    ) -> tuple[Any, list[Any]]:
        """Returns what a function gives, and a list of its gradients by weights; inside `train_step`.

        Args:   function: takes nothing, and returns the loss; with `has_aux` a pair, of the loss and anything else.
                weights: all that are trained if not given.
        Errors: RuntimeError elsewhere.
        """
        return asked.value_and_grad(self, function, weights, has_aux)

    # ------------------------------------------------------------------------------------------ with JAX

    def pure(self) -> tuple[dict[str, jax.Array], Callable[..., Any]]:
        """Returns `values, apply`: the weights as a dict of arrays by path, and the model as a pure function of them.

        `apply(values, inputs, training=False, key=None)` returns the outputs and the values after the call, in which
        the running state of layers such as BatchNormalization has moved on. It may be compiled, differentiated, mapped
        and scanned over; the model itself never changes. Weights that training does not change now (frozen ones,
        running state) have gradients of 0. What regularizers and layers ask of the loss is not part of the outputs.

        Errors: ValueError if the model is not built.
        """
        return pure.pure(self)

    def assign(self, values: Mapping[str, Any]) -> None:
        """Gives the weights these values, by path as `pure` names them; the next step of `fit` starts from these.

        Errors: ValueError that names all paths that are missing, unknown or of another shape; nothing is changed then.
        """
        pure.assign(self, values)

    # ------------------------------------------------------------------------------------------ as files

    def save(
        self,
        filepath: str | os.PathLike[str],
        overwrite: bool = True,
        zipped: bool | None = None,
        keras_version: int = 3,
    ) -> None:
        """Writes the model to a file: its layers, its weights, and if it is compiled how and how far trained.

        The file is there whole or not at all; `plait.saving.load_model` and genuine Keras open it.

        Args:   filepath: ends with ".keras", or with ".h5" for a file as Keras wrote before.
                overwrite: whether a file that is there may be replaced.
                zipped: taken unless it is False: a `.keras` file is a zip archive.
                keras_version: 2 for an `.h5` file that Keras 2 opens, without how the model is trained.
        Errors: ValueError for another ending, a model that is not built, a part that no config can describe, or one
                that Keras 2 has not; FileExistsError; OSError where it cannot be written.
        """
        files.save(self, filepath, overwrite, zipped, keras_version)

    def save_weights(
        self, filepath: str | os.PathLike[str], overwrite: bool = True, max_shard_size: float | None = None
    ) -> None:
        """Writes the weights to a file, in the format that its name ends with.

        Those of Keras 3 have the optimizer's state too, if the model is compiled.

        Args:   filepath: ends with ".weights.h5", ".weights.json" for several files and a list of them, ".npz",
                    ".safetensors", or ".h5" for a file as Keras 2 wrote it.
                overwrite: whether a file that is there may be replaced.
                max_shard_size: how many gigabytes each of several files may have; 5 if not given.
        Errors: as `save`.
        """
        files.save_weights(self, filepath, overwrite, max_shard_size)

    def load_weights(
        self, filepath: str | os.PathLike[str], skip_mismatch: bool = False, by_name: bool = False
    ) -> None:
        """Gives the weights the values in a file that `save_weights` or `save` wrote, or genuine Keras.

        Args:   by_name: matches the layers of an `.h5` file by their names, those with the same one, not in order.
                skip_mismatch: whether to leave out what does not fit, and to say what that was.
        Errors: ValueError with a table of what is missing, too much or of another shape; nothing is changed then.
        """
        files.load_weights(self, filepath, skip_mismatch, by_name)

    @entry
    def export(
        self,
        filepath: str | os.PathLike[str],
        format: str | None = None,
        verbose: bool | None = None,
        input_signature: Any = None,
    ) -> None:
        """Writes what the model predicts as a program that runs elsewhere, without the model, its layers or Plait.

        `plait.saving.load_exported` reads StableHLO back; docs/export.md shows how JAX alone runs it.

        Args:   filepath: ends with `.stablehlo` or `.onnx`; without an ending, StableHLO goes to a folder.
                format: "stablehlo" or "onnx", if the name does not say it.
                verbose: whether to print what was written.
                input_signature: an InputSpec per input, or anything else with a shape, in the structure of the inputs:
                    the sizes it is exported for. By default as the inputs were declared; None is any size.
        Errors: ValueError for a model that is not built, or with a layer that the format cannot hold, which is named;
                FileExistsError for a folder of something else; OSError; ImportError for a package that is missing.
        """
        export.export(self, filepath, format, input_signature, verbose)

    def get_compile_config(self) -> dict[str, Any]:
        """Returns what compile was given, as plain data in Keras's grammar; empty before it was called."""
        return compile_config.of_compiled(self.compiled) if self.compiled else {}

    def compile_from_config(self, config_: Mapping[str, Any]) -> None:
        """Compiles as `get_compile_config` described."""
        self.compile(**compile_config.compile_arguments(config_))

    # ------------------------------------------------------------------------------------------ as plain data

    def get_config(self) -> dict[str, Any]:
        """Returns the layers and how they are connected, as plain data in Keras's grammar.

        Of a model with a `call` of its own these are the arguments that it was made with.
        """
        if not self._has_call:
            return config.of_graph(self, self.graph)
        is_own = type(self).get_config is not Model.get_config
        # A class that writes its own config adds its arguments itself.
        return {**super().get_config(), **({} if is_own else self._recorded())}

    @classmethod
    def from_config(cls, config_: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Any:
        """Returns a new model with these layers, and initial values of its own.

        A subclass whose constructor makes the graph itself cannot be given one: a plain Model is returned then.
        """
        if cls.call is not Layer.call:
            with registry.custom_object_scope(custom_objects or {}):
                return super().from_config(config_)
        inputs, outputs = config.to_graph(config_, custom_objects)
        return cls._class_for_graphs()(
            inputs, outputs, name=config_.get("name"), trainable=config_.get("trainable", True)
        )

    @classmethod
    def _class_for_graphs(cls) -> Any:
        """Returns the class itself if it is made from inputs and outputs, else Model."""
        parameters = inspect.signature(cls.__init__).parameters
        kinds = {parameter.kind for parameter in parameters.values()}
        passes_on = {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD} <= kinds
        return cls if passes_on or {"inputs", "outputs"} <= parameters.keys() else Model

    def to_json(self, **arguments: Any) -> str:
        """Returns the config as JSON; the arguments are those of json.dumps."""
        return json.dumps(registry.serialize(self), **arguments)


# What a subclass may do in its own way, as it is otherwise; the last two are called by the first two.
_CALLED = {"compute_loss", "compute_metrics"}
_USUAL = {name: getattr(Model, name) for name in ("train_step", "test_step", "predict_step", *_CALLED)}


class _Removed:
    """Stands where Keras 2 had a method, and says what to write now."""

    def __init__(self, name: str, way_out: str) -> None:
        self.name, self.way_out = name, way_out

    def __get__(self, model: Model | None, cls: type) -> NoReturn:
        who = cls.__name__ if model is None else model
        raise AttributeError(errors.explain(f"{who} has no method {self.name}.", self.way_out))


_REMOVED = {
    "predict_classes": "Write model.predict(x).argmax(axis=-1); for a yes or no, (model.predict(x) > 0.5).astype(int).",
    "predict_proba": "Write model.predict(x), which gives the same.",
}
for _name, _way_out in _REMOVED.items():
    setattr(Model, _name, _Removed(_name, _way_out))


def _no_node() -> None:
    """Stands where a weak reference to a node would."""


def _check_names(layers: list[Layer]) -> None:
    seen: dict[str, Layer] = {}
    for layer in layers:
        other = seen.setdefault(layer.name, layer)
        if other is not layer:
            raise ValueError(
                errors.explain(
                    f'Two layers of the model have the name "{layer.name}": '
                    f"{' and '.join(f'the {one.type_name} called at {one._node().site}' for one in (other, layer))}.",
                    "Give one of them another name; to use one layer twice, call the same object.",
                )
            )


def _needs_host(model: Model, what: str) -> str:
    layer = model.graph.before.steps[0].node.layer
    return errors.explain(
        f"{model} starts on the host, with {layer}, and cannot {what}.",
        "Call that layer on the data before they are given to the model.",
    )


def _check_input(model: Model, port: ports.Port, spec: Any) -> None:
    got = tuple(np.shape(spec)) if not isinstance(spec, Spec) else spec.shape
    if ports.way_in(got, port.shape) is None:
        raise ValueError(
            errors.explain(f'{model} needs shape {port.shape} for its input "{port.name}", got shape {got}.')
        )


# What Keras 3 calls a model that has a graph.
registry.register_as("keras.src.models.functional", "Functional", Model)
