"""The facade: Model and Sequential, and making them again from configs.

May import: everything below. Methods here are one line each; the work is done on the floors below.
Start reading at `model.py`.
"""

from typing import TYPE_CHECKING

from plait.core import lazy

if TYPE_CHECKING:
    from plait.graph.input import Input as Input
    from plait.models.cloning import clone_model as clone_model
    from plait.models.files import load_model as load_model
    from plait.models.files import save_model as save_model
    from plait.models.loading import model_from_json as model_from_json
    from plait.models.model import Model as Model
    from plait.models.sequential import Sequential as Sequential
else:
    __getattr__, __all__ = lazy.exports(__name__, __file__)

    def __dir__():
        return list(__all__)
