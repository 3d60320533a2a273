"""Asks one SDK and prints one JSON line: `{"items": [...]}`, or `{"reason", "detail"}`. Started by `probe.ask_sdk` only.

It runs in a process of its own, so that an import, a driver or a server that hangs can be ended from outside.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from .text import clipped


def docker_items(request: dict[str, Any]) -> list[dict[str, Any]]:
    """Containers, also those that do not run."""
    import docker  # type: ignore[import-not-found]

    client = docker.from_env(timeout=max(1, int(request["timeout_s"])))
    return [
        {
            "id": str(one.get("Id", ""))[:12],
            "name": str((one.get("Names") or [""])[0]).lstrip("/"),
            "image": str(one.get("Image", "")),
            "status": str(one.get("State", "")),
        }
        for one in client.api.containers(all=True)
    ]


def kubernetes_items(request: dict[str, Any]) -> list[dict[str, Any]]:
    """Pods of a namespace that a selector names; one more than the bound at most, so that a cut is seen."""
    from kubernetes import client, config  # type: ignore[import-not-found]

    config.load_config()
    pods = client.CoreV1Api().list_namespaced_pod(
        request["namespace"],
        label_selector=request["selector"],
        limit=request["items_max"] + 1,
        _request_timeout=request["timeout_s"],
    )
    return [
        {"name": pod.metadata.name, "node": pod.spec.node_name, "phase": pod.status.phase} for pod in pods.items
    ]


def nvidia_items(_request: dict[str, Any]) -> list[dict[str, Any]]:
    """GPUs, by NVML."""
    import pynvml  # type: ignore[import-not-found]

    pynvml.nvmlInit()
    try:
        driver = _text(pynvml.nvmlSystemGetDriverVersion())
        return [_gpu(pynvml, index, driver) for index in range(pynvml.nvmlDeviceGetCount())]
    finally:
        pynvml.nvmlShutdown()


def _gpu(pynvml: Any, index: int, driver: str) -> dict[str, Any]:
    handle = pynvml.nvmlDeviceGetHandleByIndex(index)
    memory = _or_none(pynvml, lambda: pynvml.nvmlDeviceGetMemoryInfo(handle))
    rates = _or_none(pynvml, lambda: pynvml.nvmlDeviceGetUtilizationRates(handle))
    return {
        "index": index,
        "uuid": _text(pynvml.nvmlDeviceGetUUID(handle)),
        "name": _text(pynvml.nvmlDeviceGetName(handle)),
        "driver": driver,
        "memory_mib": None if memory is None else memory.total >> 20,
        "used_mib": None if memory is None else memory.used >> 20,
        "busy_percent": None if rates is None else rates.gpu,
    }


def _or_none(pynvml: Any, ask: Any) -> Any:
    """What a GPU does not tell (a part of a MIG GPU, an integrated one) is unknown, and the rest is not lost."""
    try:
        return ask()
    except pynvml.NVMLError:
        return None


def _text(value: str | bytes) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


_ASK = {"docker": docker_items, "kubernetes": kubernetes_items, "nvidia": nvidia_items}


def main(arguments: list[str]) -> int:
    """Prints the answer of the SDK that the first argument names; the second is the request, JSON. Status 0."""
    name, request = arguments
    try:
        answer: dict[str, Any] = {"items": _ASK[name](json.loads(request))}
    except ImportError as error:
        answer = {"reason": "not-installed", "detail": str(error)}
    except Exception as error:  # whatever an SDK raises is an answer about the host, not about this program
        answer = {"reason": "failed", "detail": clipped(f"{type(error).__name__}: {error}", 512)}
    print(json.dumps(answer))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
