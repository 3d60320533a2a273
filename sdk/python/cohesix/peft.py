"""Models and adapters of a host: a registry in a folder, and what the hive is told of it (`coh peft`).

    available/<model>/manifest.toml and its files     what is there
    active, active_state.toml                         what is loaded

What is written appears whole or not at all. Weights are safetensors only: loading them runs no code, and a pickle is refused by name.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
import secrets
import shutil
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from ._line import json_text
from .backends.base import Backend
from .errors import CohesixError
from .models import ModelActivate, ModelRegister, ModelRemove, ModelRollback
from .rows import rows_in
from .safetensors import check_safetensors
from .submit import Submitter

JOB_FILES = {"telemetry": "telemetry.cbor", "base_model": "base_model.ref", "policy": "policy.toml"}
MODEL_FILES = {"adapter": "adapter.safetensors", "lora": "lora.json", "metrics": "metrics.json"}
BYTES_MAX = {
    "adapter.safetensors": 64 << 20,
    "lora.json": 65_536,
    "metrics.json": 65_536,
    "telemetry.cbor": 131_072,
    "base_model.ref": 1024,
    "policy.toml": 8192,
}
"""Most bytes of the files (contracts-1, 4.4 and 5.7)."""
STATE_BYTES_MAX = 4096
EVALUATION_MAX = 128
MODEL = re.compile(r"(?!\.\.?\Z)[A-Za-z0-9._-]{1,128}")
JOB = re.compile(r"(?!ctl\Z)[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class Content:
    """A file that was read, once and whole: what was checked is what is used."""

    name: str
    data: bytes

    @property
    def sha256(self) -> str:
        """Hex."""
        return hashlib.sha256(self.data).hexdigest()

    @property
    def mark(self) -> str:
        """As a registration names it."""
        return f"{self.sha256}:{len(self.data)}"


# --- Out of the hive


def export_job(backend: Backend, job: str, destination: Path) -> dict[str, Any]:
    """Fetches the files of a job; they are in `destination/job` when all have their hashes."""
    _named(JOB, job, "a job")
    rows = rows_in(backend.read_text("/proc/lora_jobs"))
    row = next((one for one in rows if one.get("id") == job), None)
    if row is None:
        raise CohesixError("not-found", f"No job {job} is published.")
    contents: list[Content] = []
    for part, name in JOB_FILES.items():
        data = backend.read_file(f"/queen/export/lora_jobs/{job}/{name}", BYTES_MAX[name])
        content = Content(name, data)
        if content.sha256 != row.get(f"{part}_sha256"):
            raise CohesixError("stale", f"{name} came with another content than was published; export it again.")
        contents.append(content)
    folder = destination / job
    folder.mkdir(parents=True, exist_ok=True)
    for content in contents:
        _replace(folder / content.name, content.data)
    files = [{"file": one.name, "bytes": len(one.data), "sha256": one.sha256} for one in contents]
    return {"job": job, "base": row.get("base"), "out": str(folder), "files": files}


# --- Into the registry


def import_model(
    submitter: Submitter, model: str, adapter: Path, job: str, exported: Path, registry: Path, publish: bool
) -> dict[str, Any]:
    """Checks an adapter and puts it into the registry; registers it in the hive first, so that both have it or neither."""
    _named(MODEL, model, "a model")
    _named(JOB, job, "a job")
    files = {part: _read(adapter, name, is_needed=part != "metrics") for part, name in MODEL_FILES.items()}
    policy, telemetry = _read(exported / job, "policy.toml"), _read(exported / job, "telemetry.cbor")
    base = _base_of(_read(exported / job, "base_model.ref"), files["lora"])
    found: dict[str, Content | None] = {**files, "policy": policy, "telemetry": telemetry}
    contents = {part: content for part, content in found.items() if content is not None}
    weights = check_safetensors(contents["adapter"].data)
    evaluation = _evaluation(files["metrics"])
    hashes = {part: content.mark for part, content in contents.items()}
    line = {"op": "register", "id": model, "base": base, "hashes": hashes, **({"evaluation": evaluation} if evaluation else {}), "job": job}
    ModelRegister.from_plain(line)
    manifest = manifest_text(model, base, contents, evaluation, job)
    place, beside = registry / "available" / model, registry / "available" / f".{model}-{secrets.token_hex(5)}"
    if place.exists():
        raise CohesixError("exists", f"{place} is there already.")
    beside.mkdir(parents=True)
    try:
        for part in MODEL_FILES:
            if part in contents:
                _durably(beside / contents[part].name, contents[part].data)
        _durably(beside / "manifest.toml", manifest.encode("utf-8"))
        if publish:
            submitter.submit(ModelRegister.path(), json_text(line))
        try:
            os.rename(beside, place)
        except OSError as error:
            if publish:
                submitter.submit(ModelRemove.path(), ModelRemove(id=model).to_line())
            raise CohesixError("internal", f"cannot write {place}: {error.strerror}.") from None
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    sha256 = hashlib.sha256(manifest.encode("utf-8")).hexdigest()
    told = {"model": model, "base": base, "manifest": sha256, "sha256": contents["adapter"].sha256}
    return {**told, "bytes": len(contents["adapter"].data), "tensors": weights.tensors, "published": publish}


def activate(submitter: Submitter, model: str, registry: Path, host: str | None) -> dict[str, Any]:
    """Makes a model of the registry the active one, when its files are what its manifest says."""
    base = verify(registry, model)
    line = ModelActivate(id=model, host=host, base=base).to_line()
    try:
        entry = submitter.submit(ModelActivate.path(), line).entry
    except CohesixError as error:
        # Cut off between the hive and the registry, the same call finishes it.
        if error.code != "invalid-transition" or _active_in(submitter.backend, host) != model:
            raise
        entry = None
    return _pointed(registry, model, entry)


def rollback(submitter: Submitter, registry: Path, host: str | None, steps: int | None) -> dict[str, Any]:
    """Goes back to what was active before."""
    accepted = submitter.submit(ModelRollback.path(), ModelRollback(host=host, steps=steps).to_line())
    told = accepted.reply.get("id")
    current = told if isinstance(told, str) else _active_in(submitter.backend, host)
    if current is None:
        raise CohesixError("internal", "The hive does not tell what is active now.")
    return _pointed(registry, current, accepted.entry)


def verify(registry: Path, model: str) -> str | None:
    """The base of a model whose files are what its manifest says; `stale` when one is not."""
    _named(MODEL, model, "a model")
    folder = registry / "available" / model
    manifest = _toml(_read(folder, "manifest.toml", bytes_max=65_536))
    hashes = manifest.get("hashes", {})
    about = manifest.get("model", {})
    if about.get("id") != model:
        raise CohesixError("invalid-payload", f"{folder}/manifest.toml is of {about.get('id')!r}.")
    for part, name in MODEL_FILES.items():
        wanted = hashes.get(f"{part}_sha256")
        if wanted is not None and _read(folder, name).sha256 != wanted:
            raise CohesixError("stale", f"{folder / name} is not what its manifest says.")
    base = about.get("base")
    return base if isinstance(base, str) else None


def manifest_text(model: str, base: str, contents: Mapping[str, Content], evaluation: str | None, job: str) -> str:
    """`manifest.toml`, byte for byte as `coh peft import` writes it. A JSON string is a basic string of TOML."""
    lines = ["[model]", f"id = {_quoted(model)}", f"base = {_quoted(base)}"]
    lines += [f"{part} = {_quoted(name)}" for part, name in MODEL_FILES.items() if part in contents]
    lines += ["[provenance]", f"job_id = {_quoted(job)}", 'approval = "pending"']
    lines += [] if evaluation is None else [f"evaluation = {_quoted(evaluation)}"]
    lines.append("[hashes]")
    for part in ("adapter", "lora", "metrics", "policy", "telemetry", "weights"):
        if part in contents:
            lines += [f"{part}_sha256 = {_quoted(contents[part].sha256)}", f"{part}_bytes = {len(contents[part].data)}"]
    return "\n".join([*lines, ""])


def _pointed(registry: Path, current: str, entry: int | None) -> dict[str, Any]:
    """Writes down here what the hive has decided."""
    kept = _state(registry)
    previous = kept.get("previous") if kept.get("current") == current else kept.get("current")
    lines = [f"current = {_quoted(current)}\n"] + ([f"previous = {_quoted(previous)}\n"] if previous else [])
    registry.mkdir(parents=True, exist_ok=True)
    _replace(registry / "active_state.toml", "".join(lines).encode("utf-8"))
    _replace(registry / "active", f"{current}\n".encode())
    return {"current": current, "previous": previous, "entry": entry}


def _state(registry: Path) -> dict[str, Any]:
    path = registry / "active_state.toml"
    return _toml(_read(registry, "active_state.toml", bytes_max=STATE_BYTES_MAX)) if path.exists() else {}


def _active_in(backend: Backend, host: str | None) -> str | None:
    """The active model of a host as the hive has it; reading `active` gives its id, or a line for each host."""
    lines = [line for line in backend.read_text("/gpu/models/active").split("\n") if line]
    if len(lines) == 1 and "=" not in lines[0]:
        return lines[0]
    rows = [row for row in rows_in("\n".join(lines)) if host is None or row.get("host") == host]
    return str(rows[0]["id"]) if len(rows) == 1 and "id" in rows[0] else None


def _base_of(reference: Content, lora: Content | None) -> str:
    base = reference.data.decode("utf-8", "replace").strip()
    if re.fullmatch(r"[A-Za-z0-9._-]{1,128}", base) is None:
        raise CohesixError("invalid-payload", "base_model.ref names no model.")
    told = _object(lora)
    own = next((told[name] for name in ("base_model_name_or_path", "base_model", "base") if isinstance(told.get(name), str)), None)
    if own is not None and own != base:
        raise CohesixError("invalid-payload", f"lora.json says the adapter is of {own}; the job is of {base}.")
    return base


def _evaluation(metrics: Content | None) -> str | None:
    """The numbers among the metrics, by name, as many as fit: `accuracy=0.91,loss=0.42`."""
    text = ""
    for name, value in sorted(_object(metrics).items()):
        is_number = type(value) in (int, float) and math.isfinite(value)
        if not is_number or re.fullmatch(r"[A-Za-z0-9._-]{1,64}", name) is None:
            continue
        more = f"{text},{name}={number_text(value)}" if text else f"{name}={number_text(value)}"
        text = more if len(more) <= EVALUATION_MAX else text
    return text or None


def number_text(value: float) -> str:
    """A number as ECMAScript writes it (ECMA-262, Number::toString): the shortest digits, an exponent from 1e21 and below 1e-6."""
    told = Decimal(repr(float(value))).normalize().as_tuple()
    digits = "".join(str(one) for one in told.digits)
    if digits == "0":
        return "0"
    sign = "-" if told.sign else ""
    point = len(digits) + int(told.exponent)
    if len(digits) <= point <= 21:
        return f"{sign}{digits}{'0' * (point - len(digits))}"
    if 0 < point <= 21:
        return f"{sign}{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    more = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{sign}{digits[0]}{more}e{point - 1:+d}"


def _object(content: Content | None) -> dict[str, Any]:
    if content is None:
        return {}
    try:
        value = json.loads(content.data.decode("utf-8"))
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise CohesixError("invalid-payload", f"{content.name} is no JSON object.")
    return value


def _toml(content: Content) -> dict[str, Any]:
    try:
        return tomllib.loads(content.data.decode("utf-8"))
    except ValueError:
        raise CohesixError("invalid-payload", f"{content.name} cannot be read as TOML.") from None


def _read(folder: Path, name: str, *, is_needed: bool = True, bytes_max: int | None = None) -> Any:
    """A regular file, no link to one, within its bound; None when it is not there and not needed."""
    path = folder / name
    most = BYTES_MAX[name] if bytes_max is None else bytes_max
    try:
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        if not is_needed:
            return None
        raise CohesixError("not-found", f"{path} does not exist.") from None
    except OSError as error:
        raise CohesixError("invalid-payload", f"{path}: {error.strerror}.") from None
    try:
        with os.fdopen(file, "rb") as opened:
            data = opened.read(most + 1)
    except OSError as error:
        raise CohesixError("invalid-payload", f"{path}: {error.strerror}.") from None
    if len(data) > most:
        raise CohesixError("too-big", f"{path} has more than {most} bytes.")
    return Content(name, data)


def _replace(path: Path, data: bytes) -> None:
    beside = path.with_name(f".{path.name}.{secrets.token_hex(5)}")
    try:
        _durably(beside, data)
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def _durably(path: Path, data: bytes) -> None:
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(file, "wb") as opened:
        opened.write(data)
        opened.flush()
        os.fsync(opened.fileno())


def _quoted(text: object) -> str:
    return json.dumps(str(text), ensure_ascii=False)


def _named(form: re.Pattern[str], name: str, what: str) -> None:
    if form.fullmatch(name) is None:
        raise CohesixError("invalid-payload", f"{name[:64]!r} is no name of {what}.")


__all__: Iterable[str] = ("activate", "export_job", "import_model", "manifest_text", "number_text", "rollback", "verify")
