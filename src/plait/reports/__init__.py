"""Reports about models: what a model consists of, as text, and drawn.

May import: the graph floor and below; not the models it is called by. Start reading at `summary.py`; drawings are made
in `drawing/`.
"""
