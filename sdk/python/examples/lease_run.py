"""Takes a part of a GPU, runs a program under that lease, and gives it back."""

from __future__ import annotations

import json
import sys

from example import Example, parser, run

from cohesix import CohesixClient, CohesixError

NAME = "lease_run"
PROGRAM = [sys.executable, "-c", "print(sum(n * n for n in range(1000)))"]

# What a host would publish, so that the example runs where there is no GPU: `--publish`.
MADE_UP = {
    "host": "example",
    "gpus": [
        {
            "id": "GPU-0",
            "name": "Example GPU",
            "memory_mb": 24576,
            "sm_count": 144,
            "driver_version": "555.0",
            "runtime_version": "12.4",
        }
    ],
    "ttl_s": 120,
}


def act(example: Example) -> None:
    """Leaves lease.json, run.json, release.json and audit.txt."""
    client = CohesixClient(example.backend, approver=example.approver)
    if example.options.publish:
        client.submit("/gpu/bridge/ctl", json.dumps({"publish": MADE_UP}, separators=(",", ":")))
    gpu = example.options.gpu or first_gpu(client)
    lease = client.gpu_lease(gpu, mem_mb=example.options.mem_mb, streams=1, ttl_s=60)
    worker = str(lease.reply["id"])
    try:
        example.leave("lease.json", {"gpu": gpu, "worker": worker, "entry": lease.entry, "reply": dict(lease.reply)})
        ran = client.run_command(gpu, PROGRAM, worker=worker, timeout_s=30)
        told = {"exit_code": ran.exit_code, "ended_by": ran.ended_by, "fence": ran.fence}
        example.leave("run.json", {**told, "stdout": ran.stdout.decode("utf-8", "replace")})
    finally:
        released = client.gpu_release(gpu, worker, "done")
    example.leave("release.json", {"entry": released.entry, "held": client.gpu_status(gpu)["leases"]})
    example.leave("audit.txt", "".join(f"{line}\n" for line in client.audit.lines))


def first_gpu(client: CohesixClient) -> str:
    """The first GPU that is published; refuses when there is none."""
    gpus = client.gpu_list()
    if not gpus:
        raise CohesixError("not-found", "No host publishes a GPU; run `coh gpu publish`, or try --publish.")
    return str(gpus[0]["gpu"])


if __name__ == "__main__":
    options = parser(f"{NAME}.py", __doc__ or "", " --approver-ticket approver.ticket --publish")
    options.add_argument("--gpu", help="the GPU; default: the first there is")
    options.add_argument("--mem-mb", type=int, default=1024, help="MiB of it; default 1024")
    options.add_argument("--publish", action="store_true", help="publish a made-up GPU first")
    sys.exit(run(NAME, options, act))
