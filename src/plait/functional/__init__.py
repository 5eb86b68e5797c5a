"""Pure functions of arrays: the formulas that layers are made of, with no layer in sight.

Each file is one family. `windows.py` is arithmetic of shapes, used by convolution and pooling here and by
layers that infer shapes. All others take and return arrays; `sequences.py` prepares data in NumPy.

May import: `plait.core` and its own folder. Start reading at `windows.py`, then `pooling.py`.
"""
