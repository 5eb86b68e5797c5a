"""When scikit-learn is imported, and what is said where it is missing."""

import subprocess
import sys

LATE = """
import sys, plait
plait.wrappers
print("sklearn" in sys.modules)
plait.wrappers.SKLearnRegressor
print("sklearn" in sys.modules)
"""

MISSING = """
import sys, plait
sys.modules["sklearn"] = None
try:
    plait.wrappers.SKLearnRegressor
except ImportError as error:
    print(error)
"""


def printed_by(program):
    return subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout


def test_scikit_learn_is_imported_with_the_first_estimator():
    assert printed_by(LATE).split() == ["False", "True"]


def test_where_it_is_missing_it_is_said_how_to_install_it():
    said = printed_by(MISSING)
    assert "plait.wrappers needs the package scikit-learn" in said
    assert "pip install 'plait[sklearn]'" in said
