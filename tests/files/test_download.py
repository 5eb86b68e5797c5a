"""`get_file` fetches a file once, checks it, and unpacks archives in which nothing leads elsewhere."""

import hashlib
import io
import itertools
import pathlib
import socket
import tarfile
import threading
import zipfile

import pytest

from plait.utils import get_file

CONTENT = b"numbers, " * 1000


def served(tmp_path, name, content=CONTENT):
    path = tmp_path / "server" / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    return path.as_uri()


def tar(*members, mode="w:gz"):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=mode) as archive:
        for name, content, changes in members:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            for attribute, value in changes.items():
                setattr(member, attribute, value)
            archive.addfile(member, io.BytesIO(content))
    return file.getvalue()


def packed(*members, compression=zipfile.ZIP_STORED):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return file.getvalue()


def there(tmp_path):
    return sorted(
        str(path.relative_to(tmp_path / "cache")) for path in (tmp_path / "cache").rglob("*") if path.is_file()
    )


def test_a_file_is_fetched_once(tmp_path):
    origin = served(tmp_path, "data.bin")
    path = get_file("mine.bin", origin, cache_dir=tmp_path / "cache")
    assert path == str(tmp_path / "cache" / "datasets" / "mine.bin")
    served(tmp_path, "data.bin", b"another")
    assert pathlib.Path(get_file("mine.bin", origin, cache_dir=tmp_path / "cache")).read_bytes() == CONTENT
    get_file("mine.bin", origin, cache_dir=tmp_path / "cache", force_download=True)
    assert pathlib.Path(path).read_bytes() == b"another"


@pytest.mark.parametrize("algorithm", ["md5", "sha256"])
def test_a_file_of_another_hash_is_refused_and_the_one_there_kept(tmp_path, algorithm):
    wanted = hashlib.new(algorithm, CONTENT).hexdigest()
    origin = served(tmp_path, "data.bin")
    path = get_file(origin=origin, file_hash=wanted.upper(), cache_dir=tmp_path / "cache")
    served(tmp_path, "data.bin", b"another")
    with pytest.raises(ValueError, match=f"not the file that is wanted: its {algorithm} is"):
        get_file(origin=origin, file_hash=wanted, cache_dir=tmp_path / "cache", force_download=True)
    assert pathlib.Path(path).read_bytes() == CONTENT
    assert there(tmp_path) == ["datasets/data.bin"]


def test_a_file_that_is_damaged_here_is_fetched_again(tmp_path):
    origin, wanted = served(tmp_path, "data.bin"), hashlib.sha256(CONTENT).hexdigest()
    path = pathlib.Path(get_file(origin=origin, file_hash=wanted, cache_dir=tmp_path / "cache"))
    path.write_bytes(CONTENT[:100])
    get_file(origin=origin, file_hash=wanted, cache_dir=tmp_path / "cache")
    assert path.read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("content", "arguments"),
    [
        (tar(("in/a.txt", b"a", {}), ("b.txt", b"b", {})), {"extract": True}),
        (tar(("in/a.txt", b"a", {}), ("b.txt", b"b", {}), mode="w"), {"untar": True}),
        (packed(("in/a.txt", b"a"), ("b.txt", b"b")), {"extract": True}),
    ],
    ids=["tar.gz", "tar", "zip"],
)
@pytest.mark.parametrize(("fname", "folder"), [(None, "files"), ("mine", "mine"), ("mine.tgz", "mine_extracted")])
def test_an_archive_becomes_a_folder(tmp_path, content, arguments, fname, folder):
    origin = served(tmp_path, "files", content)
    path = pathlib.Path(get_file(fname, origin, cache_dir=tmp_path / "cache", **arguments))
    assert path == tmp_path / "cache" / "datasets" / folder
    assert {str(one.relative_to(path)): one.read_bytes() for one in path.rglob("*.txt")} == {
        "in/a.txt": b"a",
        "b.txt": b"b",
    }


LINK = {"type": tarfile.SYMTYPE, "linkname": "/etc/passwd"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (tar(("../a", b"a", {})), "leads out of it"),
        (tar(("/a", b"a", {})), "leads out of it"),
        (tar(("in/../../a", b"a", {})), "leads out of it"),
        (tar(("C:a", b"a", {})), "leads out of it"),
        (tar(("..\\a", b"a", {})), "leads out of it"),
        (tar(("a", b"", LINK)), "neither a file nor a folder"),
        (tar(("a", b"", LINK | {"linkname": "b"})), "neither a file nor a folder"),
        (tar(("a", b"", {"type": tarfile.LNKTYPE, "linkname": "../b"})), "neither a file nor a folder"),
        (tar(("a", b"", {"type": tarfile.CHRTYPE})), "neither a file nor a folder"),
        (tar(("a", b"", {"type": tarfile.FIFOTYPE})), "neither a file nor a folder"),
        (tar(("ok", b"a", {}), ("a", bytes(10**7), {})), "larger than"),
        (tar(("a", CONTENT, {}))[:60], "is no tar or zip archive"),
        (packed(("../a", b"a")), "leads out of it"),
        (packed(("a", bytes(10**8)), compression=zipfile.ZIP_DEFLATED), "would become"),
        (b"something else", "is no tar or zip archive"),
    ],
    ids=itertools.count(),
)
def test_an_archive_that_cannot_be_trusted_is_refused_and_nothing_unpacked(tmp_path, content, message):
    origin = served(tmp_path, "files.tgz", content)
    with pytest.raises(ValueError, match=message):
        get_file("data.tgz", origin, cache_dir=tmp_path / "cache", extract=True)
    assert there(tmp_path) == ["datasets/data.tgz"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cache", "server"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "needs an origin"),
        ({"origin": "https://example.org/"}, "needs a name for the file"),
        ({"fname": "a/b", "origin": "https://example.org/x"}, "a name without a folder"),
        ({"fname": "..", "origin": "https://example.org/x"}, "a name without a folder"),
        ({"origin": "https://example.org/x", "file_hash": "12"}, "MD5 or SHA-256"),
        ({"origin": "https://example.org/x", "archive_format": "rar", "extract": True}, '"tar", "zip" or "auto"'),
    ],
)
def test_what_cannot_be_fetched_is_explained(tmp_path, arguments, message):
    with pytest.raises(ValueError, match=message):
        get_file(**arguments, cache_dir=tmp_path / "cache")


def test_what_is_not_there_is_explained(tmp_path):
    with pytest.raises(OSError, match="cannot be fetched"):
        get_file(origin=(tmp_path / "nothing.bin").as_uri(), cache_dir=tmp_path / "cache")
    assert there(tmp_path) == []


def test_a_server_that_hangs_up_is_explained(tmp_path, monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    with socket.create_server(("127.0.0.1", 0)) as server:
        answering = threading.Thread(target=lambda: server.accept()[0].close())
        answering.start()
        with pytest.raises(OSError, match="cannot be fetched"):
            get_file(origin=f"http://127.0.0.1:{server.getsockname()[1]}/data.bin", cache_dir=tmp_path / "cache")
        answering.join()
    assert there(tmp_path) == []
