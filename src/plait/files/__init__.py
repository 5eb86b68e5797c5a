"""Models as data: configs, and files of Keras 3.

May import: everything up to the graph, and the registry; never the models, whose classes it finds by name.
Start reading at `config.py`.
"""
