"""Packages that fine-tuning needs, as this Python has them installed. None of them is imported: torch alone takes seconds."""

from __future__ import annotations

from importlib import metadata

from .probe import DEFAULT_BOUNDS, Item, Probe, ProbeBounds, known

PACKAGES = ("accelerate", "bitsandbytes", "peft", "torch", "transformers")


def probe_peft(bounds: ProbeBounds = DEFAULT_BOUNDS) -> Probe:
    """`{package, version}` of each; the version is None where it is not installed."""
    return known("peft", "importlib", [_item(name) for name in PACKAGES], bounds)


def _item(name: str) -> Item:
    try:
        return {"package": name, "version": metadata.version(name)}
    except Exception:  # also a broken installation: what it has cannot be told
        return {"package": name, "version": None}
