"""Python tools for Cohesix. `cohesix.verify` checks a packed transparency log; the client is `CohesixClient` and the rest below.

Nothing is imported until it is named, so that `verify` alone stays as light as it is.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_PLACES = {
    "Accepted": "backends",
    "Backend": "backends",
    "ConsoleBackend": "backends",
    "FileStat": "backends",
    "FilesystemBackend": "backends",
    "Follow": "backends",
    "MockBackend": "backends",
    "NinePBackend": "backends",
    "RestBackend": "backends",
    "connect": "backends",
    "read_token": "backends",
    "connect_from_env": "environment",
    "CohesixAudit": "audit",
    "CohesixClient": "client",
    "CohesixError": "errors",
    "CohesixOrchestrator": "orchestrator",
    "ApprovalRequest": "plan",
    "ControlPlan": "plan",
    "ExportRequest": "plan",
    "HostTicketRequest": "plan",
    "K8sRbacIntent": "plan",
    "LeaseRequest": "plan",
    "PlanReport": "plan",
    "PlanStep": "plan",
    "ScheduleRequest": "models",
    "parse_line": "models",
}

__all__ = sorted(_PLACES)


def __getattr__(name: str) -> Any:
    place = _PLACES.get(name)
    if place is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{place}", __name__), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_PLACES})
