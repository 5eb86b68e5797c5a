"""Models drawn as boxes and arrows, without Graphviz: `plot_model`, `model_to_dot`.

Start reading at `drawing.py`, then `diagram.py`: what is drawn of a model. Where it stands: `arrangement.py` puts boxes
into rows, in four steps (`ranks.py`, `rows.py` with `crossings.py`, `alignment.py`, `tracks.py`); `layout.py` does so
for each frame, and `picture.py` makes shapes of it. These become text in `svg.py`, and pixels in `raster.py`; `dot.py`
writes the boxes and arrows for Graphviz.
"""
