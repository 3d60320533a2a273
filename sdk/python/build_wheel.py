"""The build backend of this package (PEP 517, PEP 660): a wheel is a zip with three files of metadata, so nothing need be fetched.

`pip install ./sdk/python` works without a network because of it. The wheel is the same bytes for the same sources.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import tarfile
import tomllib
import zipfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent
MOMENT = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can tell


def project() -> dict[str, Any]:
    """`[project]` of pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def build_wheel(wheel_directory: str, config_settings: Any = None, metadata_directory: str | None = None) -> str:
    """Writes the wheel; its name."""
    paths = sorted(one for one in (ROOT / "cohesix").rglob("*") if one.is_file() and "__pycache__" not in one.parts)
    return _wheel(Path(wheel_directory), {one.relative_to(ROOT).as_posix(): one.read_bytes() for one in paths})


def build_editable(wheel_directory: str, config_settings: Any = None, metadata_directory: str | None = None) -> str:
    """A wheel that only points here."""
    return _wheel(Path(wheel_directory), {"cohesix.pth": f"{ROOT}\n".encode()})


def build_sdist(sdist_directory: str, config_settings: Any = None) -> str:
    """The sources as an archive."""
    about = project()
    base = f"{about['name']}-{about['version']}"
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        _add(archive, f"{base}/PKG-INFO", _metadata(about))
        for path in sorted(ROOT.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts and not path.name.startswith("."):
                _add(archive, f"{base}/{path.relative_to(ROOT).as_posix()}", path.read_bytes())
    (Path(sdist_directory) / f"{base}.tar.gz").write_bytes(gzip.compress(buffer.getvalue(), mtime=0))
    return f"{base}.tar.gz"


def _add(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(data)
    archive.addfile(entry, io.BytesIO(data))


def _wheel(directory: Path, files: dict[str, bytes]) -> str:
    about = project()
    base = f"{about['name']}-{about['version']}"
    info = f"{base}.dist-info"
    scripts = "".join(f"{name} = {place}\n" for name, place in about["scripts"].items())
    tag = "Wheel-Version: 1.0\nGenerator: cohesix\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    whole = {
        **files,
        f"{info}/METADATA": _metadata(about),
        f"{info}/WHEEL": tag.encode(),
        f"{info}/entry_points.txt": f"[console_scripts]\n{scripts}".encode(),
    }
    rows = [f"{name},sha256={_hash(data)},{len(data)}\n" for name, data in whole.items()]
    whole[f"{info}/RECORD"] = "".join([*rows, f"{info}/RECORD,,\n"]).encode()
    name = f"{base}-py3-none-any.whl"
    with zipfile.ZipFile(directory / name, "w", zipfile.ZIP_DEFLATED) as wheel:
        for path, data in whole.items():
            entry = zipfile.ZipInfo(path, MOMENT)
            entry.external_attr = 0o644 << 16
            wheel.writestr(entry, data, zipfile.ZIP_DEFLATED)
    return name


def _metadata(about: dict[str, Any]) -> bytes:
    lines = ["Metadata-Version: 2.1", f"Name: {about['name']}", f"Version: {about['version']}"]
    lines += [f"Summary: {about['description']}", f"Requires-Python: {about['requires-python']}"]
    lines += ["Description-Content-Type: text/markdown", "", (ROOT / about["readme"]).read_text("utf-8")]
    return "\n".join(lines).encode()


def _hash(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
