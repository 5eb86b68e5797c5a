"""Files from the network: kept under a name, checked against a hash, unpacked without leaving their folder."""

from __future__ import annotations

import hashlib
import os
import pathlib
import shutil
import tempfile

from plait.core import errors
from plait.files import atomic, unpacking

_SECONDS = 60
_PIECE = 1 << 20
# By the number of hexadecimal digits of a hash.
_ALGORITHMS = {32: "md5", 64: "sha256"}


def get_file(
    fname: str | os.PathLike[str] | None = None,
    origin: str | None = None,
    untar: bool = False,
    md5_hash: str | None = None,
    file_hash: str | None = None,
    cache_subdir: str = "datasets",
    hash_algorithm: str = "auto",
    extract: bool = False,
    archive_format: str = "auto",
    cache_dir: str | os.PathLike[str] | None = None,
    force_download: bool = False,
) -> str:
    """Returns the path of a file from the network, or of the folder it was unpacked to; fetched if it is not there.

    A file is there whole or not at all, and an archive likewise.

    Args:   fname: its name here; the one it has there if not given. Without an ending it names the unpacked folder.
            origin: its URL.
            untar, extract: whether to unpack it.
            file_hash: what it must have, MD5 or SHA-256 in hexadecimal; `md5_hash` is an older name.
            hash_algorithm: "md5", "sha256", or "auto", which goes by the length.
            archive_format: "tar" (also compressed), "zip", or "auto" for either.
            cache_dir: where `cache_subdir` is; `KERAS_HOME`, or `~/.keras`, as Keras has it.
            force_download: fetches it even if it is there.
    Errors: ValueError for another hash, an unsafe archive, or what is none; OSError for what cannot be fetched.
    """
    if origin is None:
        raise ValueError(errors.explain("get_file needs an origin: the URL of the file."))
    name = (
        os.fspath(fname)
        if fname
        else pathlib.PurePosixPath(origin.partition("?")[0].partition("://")[2].partition("/")[2]).name
    )
    if name in ("", ".", "..") or pathlib.PurePath(name).name != name:
        raise ValueError(
            errors.explain(
                f"get_file needs a name for the file, got {name!r} for {origin!r}.",
                "fname is a name without a folder; cache_dir and cache_subdir say where it is kept.",
            )
        )
    if archive_format not in unpacking.FORMS:
        raise ValueError(errors.explain(f'archive_format is "tar", "zip" or "auto", got {archive_format!r}.'))
    wanted, algorithm = _hash(file_hash or md5_hash, "md5" if md5_hash and not file_hash else hash_algorithm)
    folder = home(cache_dir) / cache_subdir
    folder.mkdir(parents=True, exist_ok=True)
    is_archive = extract or untar
    unpacked = folder / (f"{name.split('.')[0]}_extracted" if fname and "." in name else name)
    target = folder / (name if not is_archive or (fname and "." in name) else f"{name}_archive")
    is_there = target.is_file() and (wanted is None or _digest(target, algorithm) == wanted)
    if force_download or not is_there:
        _fetch(origin, target, wanted, algorithm)
    if not is_archive:
        return str(target)
    if force_download or not is_there:
        shutil.rmtree(unpacked, ignore_errors=True)  # what was unpacked of another file
    unpacking.unpack(target, unpacked, "tar" if untar else archive_format)
    return str(unpacked)


def _hash(wanted: str | None, algorithm: str) -> tuple[str | None, str]:
    if algorithm == "auto":
        algorithm = _ALGORITHMS.get(len(wanted), "") if wanted else "sha256"
    if algorithm not in _ALGORITHMS.values():
        raise ValueError(errors.explain(f"A hash is MD5 or SHA-256, in 32 or 64 digits, got {wanted!r}."))
    return wanted and wanted.lower(), algorithm


def home(given: str | os.PathLike[str] | None = None) -> pathlib.Path:
    """Returns the folder that files are kept in: the given one, `KERAS_HOME`, or `~/.keras`; made if it is not there.

    Where it cannot be written to, it is `.keras` in the folder for temporary files.
    """
    folder = pathlib.Path(given or os.environ.get("KERAS_HOME") or "~/.keras").expanduser()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return pathlib.Path(tempfile.gettempdir()) / ".keras"
    return folder if os.access(folder, os.W_OK) else pathlib.Path(tempfile.gettempdir()) / ".keras"


def _fetch(origin: str, target: pathlib.Path, wanted: str | None, algorithm: str) -> None:
    # Here, as it takes as long to import as a third of Plait.
    import urllib.error
    import urllib.request

    found = hashlib.new(algorithm)
    with atomic.replacing(target) as new:
        try:
            with urllib.request.urlopen(origin, timeout=_SECONDS) as source, open(new, "wb") as file:
                while piece := source.read(_PIECE):
                    found.update(piece)
                    file.write(piece)
        except (urllib.error.URLError, ConnectionError, TimeoutError) as error:
            raise OSError(errors.explain(f"{origin!r} cannot be fetched: {error}.")) from error
        if wanted is not None and found.hexdigest() != wanted:
            raise ValueError(
                errors.explain(f"{origin!r} is not the file that is wanted: its {algorithm} is {found.hexdigest()}.")
            )


def _digest(path: pathlib.Path, algorithm: str) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()
