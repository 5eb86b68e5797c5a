"""Plait beside Keras on three backends and PyTorch: the same work, in turns. Start reading at `run.py`."""
