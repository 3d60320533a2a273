"""Sends records to the telemetry of a device and fetches them back: what comes back is what was sent."""

from __future__ import annotations

import json
import sys

from example import Example, parser, run

from cohesix import CohesixClient

NAME = "telemetry_write_pull"


def act(example: Example) -> None:
    """Leaves pushed.ndjson, pulled.ndjson and summary.json."""
    client = CohesixClient(example.backend, approver=example.approver)
    count = example.options.count
    pushed = "".join(json.dumps({"n": n, "celsius": 20 + n % 7}, separators=(",", ":")) + "\n" for n in range(count))
    device = example.options.device
    segment = client.telemetry_push(device, pushed, name="readings.ndjson")
    pulled = client.telemetry_text(device, segment)
    example.leave("pushed.ndjson", pushed)
    example.leave("pulled.ndjson", pulled)
    example.leave("summary.json", {"device": device, "segment": segment, "records": count, "is_same": pulled == pushed})


if __name__ == "__main__":
    options = parser(f"{NAME}.py", __doc__ or "", "")
    options.add_argument("--device", default="example-1", help="the device; default: example-1")
    options.add_argument("--count", type=int, default=100, help="how many records; default 100")
    sys.exit(run(NAME, options, act))
