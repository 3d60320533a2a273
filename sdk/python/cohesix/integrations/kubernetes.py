"""Pods of Kubernetes: the Python SDK, else kubectl."""

from __future__ import annotations

from .probe import DEFAULT_BOUNDS, Item, Probe, ProbeBounds, ask_command, ask_sdk, first_known, known, unknown

# One line a pod and no more of it: a whole pod has 10 KB and the environment of its containers in it.
_COLUMNS = '{range .items[*]}{.metadata.name}{"\\t"}{.spec.nodeName}{"\\t"}{.status.phase}{"\\n"}{end}'


def probe_kubernetes(
    namespace: str = "default", selector: str = "", bounds: ProbeBounds = DEFAULT_BOUNDS
) -> Probe:
    """Pods of a namespace, those that a label selector names: `{name, node, phase}` each."""
    request = {"namespace": namespace, "selector": selector}
    return first_known(
        "kubernetes", ask_sdk("kubernetes", request, bounds), lambda: _by_command(namespace, selector, bounds), bounds
    )


def _by_command(namespace: str, selector: str, bounds: ProbeBounds) -> Probe:
    argv = ["kubectl", "get", "pods", f"--namespace={namespace}", f"--selector={selector}"]
    argv += [f"--request-timeout={bounds.timeout_s:g}s", f"--output=jsonpath={_COLUMNS}"]
    output = ask_command("kubernetes", argv, bounds)
    if isinstance(output, Probe):
        return output
    items: list[Item] = []
    for line in output.splitlines():
        columns = line.split("\t")
        if len(columns) != 3 or columns[0] == "":
            return unknown("kubernetes", "kubectl", "garbage", line)
        items.append({"name": columns[0], "node": columns[1] or None, "phase": columns[2]})
    return known("kubernetes", "kubectl", items, bounds)
