"""Models as data: configs, files of whole models and of weights, and programs that run without Plait.

Each format has a module; what a model's weights are called in it is in `layout.py` (by place), `by_path.py` (by name)
and `legacy_h5.py` (by order). `contents.py` looks into files without making anything of them; `stablehlo.py` and
`onnx.py` write a prediction as a program.

May import: everything up to the graph, and the registry; never the models, whose classes it finds by name.
Start reading at `config.py`, then `formats.py`.
"""
