"""Containers of Docker: the Python SDK, else the command line."""

from __future__ import annotations

from .probe import DEFAULT_BOUNDS, Item, Probe, ProbeBounds, ask_command, ask_sdk, first_known, known, parsed_json, unknown


def probe_docker(bounds: ProbeBounds = DEFAULT_BOUNDS) -> Probe:
    """Containers, also those that do not run: `{id, name, image, status}` each."""
    return first_known("docker", ask_sdk("docker", {}, bounds), lambda: _by_command(bounds), bounds)


def _by_command(bounds: ProbeBounds) -> Probe:
    output = ask_command("docker", ["docker", "ps", "--all", "--format", "{{json .}}"], bounds)
    if isinstance(output, Probe):
        return output
    items: list[Item] = []
    for line in output.splitlines():
        one = parsed_json(line)
        if not isinstance(one, dict) or "ID" not in one:
            return unknown("docker", "docker", "garbage", line)
        items.append(
            {
                "id": str(one["ID"])[:12],
                "name": str(one.get("Names", "")),
                "image": str(one.get("Image", "")),
                "status": str(one.get("State", "")),
            }
        )
    return known("docker", "docker", items, bounds)
