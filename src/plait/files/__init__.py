"""Models as data: their configs now, their files later.

May import: everything up to the graph, and the registry; never the models, whose classes it finds by name.
Start reading at `config.py`.
"""
