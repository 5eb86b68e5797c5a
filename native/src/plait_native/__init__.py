"""Compiled CPU kernels for Plait: where the library is. Plait itself says what they compute and when it uses them."""

import pathlib

_here = pathlib.Path(__file__).parent
_libraries = [path for path in sorted(_here.glob("kernels*")) if path.suffix in (".so", ".dylib", ".pyd")]
LIBRARY = _libraries[0] if _libraries else None
