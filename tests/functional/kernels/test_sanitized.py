"""The kernels read and write nothing but what is theirs: their tests again, compiled with AddressSanitizer."""

import os
import pathlib
import shutil
import subprocess
import sys

import jax.ffi
import pytest

ROOT = pathlib.Path(__file__).parents[3]
SOURCES = ROOT / "native" / "src" / "plait_native"


# What fills no block, vector or panel, masked and backwards; and what does.
CASES = [
    "test_convolution.py::test_it_is_that_of_xla"
    "[(3, 17, 19, 5)-(3, 2, 5, 10)-{'strides': (2, 3), 'padding': 'same'}-True-1]",
    "test_convolution.py::test_it_is_that_of_xla[(2, 14, 15, 3)-(3, 3, 3, 33)-{}-False-1]",
    "test_convolution.py::test_it_is_that_of_xla[(2, 9, 8, 16)-(3, 2, 16, 16)-{'dilation': (2, 3)}-True-1]",
    "test_convolution.py::test_it_is_that_of_xla[(2, 530, 54)-(5, 54, 131)-{}-True-7]",
    "test_convolution.py::test_it_is_that_of_xla[(1, 12, 13, 33)-(3, 4, 33, 20)-{'padding': 'same'}-True-7]",
    "test_convolution.py::test_it_is_that_of_xla[(2, 26, 25, 100)-(2, 2, 100, 9)-{'dilation': (1, 2)}-False-1]",
    "test_dense.py::test_it_is_that_of_xla[(7, 1030, 19)]",
    "test_lstm.py::test_an_lstm_is_that_of_plain_jax[True-True-True-False-(13, 9, 5, 33)]",
    "test_lstm.py::test_an_lstm_is_that_of_plain_jax[False-False-False-False-(8, 4, 2, 16)]",
]


def library_of(name):
    """Returns where g++ has a library of its own, or None."""
    if sys.platform != "linux" or shutil.which("g++") is None:
        return None
    found = subprocess.run(["g++", f"-print-file-name={name}"], capture_output=True, text=True).stdout.strip()
    return os.path.realpath(found) if os.path.isabs(found) else None


@pytest.mark.skipif(library_of("libasan.so") is None, reason="needs g++ with its AddressSanitizer")
@pytest.mark.first_rows(0)
def test_under_address_sanitizer(tmp_path):
    library = tmp_path / "kernels.so"
    flags = ["-std=c++17", "-O1", "-g1", "-fPIC", "-shared", "-w", "-Wno-psabi", "-fsanitize=address"]
    sources = sorted(map(str, SOURCES.glob("*.cc")))
    subprocess.run(["g++", *flags, f"-I{jax.ffi.include_dir()}", *sources, "-o", str(library)], check=True)
    environment = {
        **os.environ,
        "PLAIT_NATIVE": str(library),
        "PLAIT_MALLOC": "off",
        # The runtime first; beside it the library of C++, so that it finds what to intercept.
        "LD_PRELOAD": f"{library_of('libasan.so')} {library_of('libstdc++.so')}",
        "ASAN_OPTIONS": "detect_leaks=0",
    }
    here = pathlib.Path(__file__).parent
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-n", "0", "-m", "slow or not slow", "-p", "no:cacheprovider",
         *(f"{here}/{case}" for case in CASES)],
        cwd=ROOT, env=environment, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert f"{len(CASES)} passed" in done.stdout
