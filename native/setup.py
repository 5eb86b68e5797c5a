"""Builds the kernels as one shared library, which Python loads by its path: there is no Python in it."""

import pathlib

import jax.ffi
from setuptools import Extension, setup

setup(
    ext_modules=[
        Extension(
            "plait_native.kernels",
            sources=[str(path) for path in sorted(pathlib.Path("src/plait_native").glob("*.cc"))],
            depends=[str(path) for path in sorted(pathlib.Path("src/plait_native").glob("*.h"))],
            include_dirs=[jax.ffi.include_dir()],
            extra_compile_args=[
                "-std=c++17",
                "-O3",
                "-ffp-contract=fast",
                "-fno-math-errno",
                "-fno-trapping-math",
                "-fvisibility=hidden",
                "-Wno-psabi",
            ],
            language="c++",
        )
    ]
)
