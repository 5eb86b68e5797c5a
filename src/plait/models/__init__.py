"""The facade: Model and Sequential, and making them again from configs.

May import: everything below. Methods here are one line each; the work is done on the floors below.
Start reading at `model.py`.
"""

from plait.graph.input import Input
from plait.models.cloning import clone_model
from plait.models.files import load_model
from plait.models.loading import model_from_json
from plait.models.model import Model
from plait.models.sequential import Sequential

__all__ = ["Input", "Model", "Sequential", "clone_model", "load_model", "model_from_json"]
