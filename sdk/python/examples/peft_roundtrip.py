"""Fetches a LoRA job, registers two adapters made from it, activates one after the other, and goes back to the first.

Live, the job must have been published (`coh peft publish`); the example opens an export window for it and shuts it again. The
adapters are made here, of a few numbers: what an adapter learned is not what this is about.
"""

from __future__ import annotations

import json
import secrets
import shutil
import struct
import sys
from pathlib import Path

from example import Example, parser, run

from cohesix import CohesixClient, CohesixOrchestrator
from cohesix.models import ExportClose, ExportOpen

NAME = "peft_roundtrip"


def act(example: Example) -> None:
    """Leaves export.json, registered.json, roundtrip.json, jobs/ and registry/."""
    client = CohesixClient(example.backend, approver=example.approver)
    folder, job = example.folder, example.options.job
    registry = folder / "registry"
    shutil.rmtree(registry, ignore_errors=True)
    exported = export(example, client, job, folder / "jobs")
    models = [f"example-{job}-v{version}-{example.options.run}" for version in (1, 2)]
    for version, model in enumerate(models, 1):
        adapter = folder / "adapters" / model
        write_adapter(adapter, str(exported["base"]), float(version))
        told = client.peft_import(model, adapter=adapter, job=job, exported=folder / "jobs", registry=registry)
        example.leave(f"registered-{version}.json", told)
    steps = [client.peft_activate(model, registry=registry) for model in models]
    steps.append(client.peft_rollback(registry=registry))
    example.leave("roundtrip.json", {"steps": steps, "is_back": steps[-1]["current"] == models[0]})


def export(example: Example, client: CohesixClient, job: str, folder: Path) -> dict[str, object]:
    """Fetches the job's files through a window that is open for just that long."""
    orchestrator = CohesixOrchestrator(example.backend, approver=example.approver)
    orchestrator.apply_exports([ExportOpen(id=job, ttl_s=60)])
    try:
        exported = client.peft_export(job, folder)
    finally:
        orchestrator.apply_exports([ExportClose(id=job, reason="example-done")])
    example.leave("export.json", exported)
    return exported


def write_adapter(folder: Path, base: str, number: float) -> None:
    """A small adapter: one tensor in safetensors, what it is of, and how good it was."""
    data = struct.pack("<4f", *(number * n for n in range(4)))
    header = json.dumps({"lora.A": {"dtype": "F32", "shape": [4], "data_offsets": [0, len(data)]}}).encode()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "adapter.safetensors").write_bytes(struct.pack("<Q", len(header)) + header + data)
    (folder / "lora.json").write_text(json.dumps({"r": 8, "base_model_name_or_path": base}))
    (folder / "metrics.json").write_text(json.dumps({"loss": 1 / (1 + number)}))


if __name__ == "__main__":
    options = parser(f"{NAME}.py", __doc__ or "", " --job job_8932")
    options.add_argument("--job", default="job_8932", help="a published job; default: job_8932")
    ends = "ends the models' names, which are used only once; default: random"
    options.add_argument("--run", default=secrets.token_hex(3), help=ends)
    sys.exit(run(NAME, options, act))
