"""Which hive the environment names (contracts-2, 12.2): mock, mount, REST, else 9P or the console over TCP.

Beside the names of the contract, `COH_DATA` with a running hive in it is taken when nothing else is named, as `coh` does. A ticket
in the environment (`COH_TICKET`) is the name of a file, as with `coh`; a value that is no file is taken for the token itself.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from .backends import Backend, FilesystemBackend, MockBackend, connect, read_token
from .backends.base import RETRIES, TIMEOUT_S
from .errors import CohesixError

MOCK_ROOT = "out/examples/mockfs"
URLS = ("COH_REST_URL", "HIVE_GATEWAY_URL", "COHESIX_REST_URL")
DOORS = ("COH_URL",)
HOSTS = ("COH_TCP_HOST", "COHSH_TCP_HOST")
PORTS = ("COH_TCP_PORT", "COHSH_TCP_PORT")
ROLES = ("COH_ROLE", "COHSH_ROLE")
TICKETS = ("COH_TICKET", "COHSH_TICKET")
REST_TOKENS = ("HIVE_GATEWAY_REQUEST_AUTH_TOKEN", "COHSH_REST_AUTH_TOKEN", "COH_REST_AUTH_TOKEN")
CONSOLE_TOKENS = ("COH_AUTH_TOKEN", "COHSH_AUTH_TOKEN")
TLS_FILES = {"ca_file": "COH_TLS_CA", "cert_file": "COH_TLS_CERT", "key_file": "COH_TLS_KEY"}


def connect_from_env(env: Mapping[str, str] = os.environ) -> Backend:
    """Opens the door that the environment names. Raises `CohesixError`."""
    if env.get("COHESIX_MOCK") == "1":
        return MockBackend(env.get("COHESIX_MOCK_ROOT") or MOCK_ROOT)
    mount = env.get("COHESIX_MOUNT_ROOT")
    if mount:
        return FilesystemBackend(mount)
    timeout_s = _number(env, "COHESIX_TIMEOUT_S", TIMEOUT_S)
    retries = int(_number(env, "COHESIX_MAX_RETRIES", RETRIES))
    url = _first(env, DOORS + URLS)
    if url is not None:
        ticket = _token(_first(env, TICKETS) or _first(env, REST_TOKENS))
        files = {name: env.get(variable) or None for name, variable in TLS_FILES.items()}
        token = _token(_first(env, CONSOLE_TOKENS))
        return connect(url, ticket=ticket, timeout_s=timeout_s, max_retries=retries, console_token=token or None, **files)
    host = _first(env, HOSTS)
    if host is not None:
        return _over_tcp(env, host, timeout_s, retries)
    return _local(env, timeout_s, retries)


def _over_tcp(env: Mapping[str, str], host: str, timeout_s: float, retries: int) -> Backend:
    """The console, when its token is given, as in the contract; else 9P."""
    port, token = _first(env, PORTS), _first(env, CONSOLE_TOKENS)
    ticket, role = _token(_first(env, TICKETS)), _first(env, ROLES) or "queen"
    scheme = "9p" if token is None else "console"
    name = f"[{host}]" if ":" in host else host
    url = f"{scheme}://{name}" + ("" if port is None else f":{port}")
    return connect(url, ticket=ticket, console_token=_token(token), role=role, timeout_s=timeout_s, max_retries=retries)


def _local(env: Mapping[str, str], timeout_s: float, retries: int) -> Backend:
    """The hive of this user's data directory, with the ticket that lies there."""
    root = data_directory(env)
    try:
        found = json.loads((root / "run" / "addresses.json").read_text("utf-8"))
    except (OSError, ValueError):
        raise CohesixError("unreachable", f"No hive runs in {root}; name one with COH_URL, or COHESIX_MOCK=1 for none.") from None
    named = _first(env, TICKETS)
    ticket = _token(named) if named is not None else read_token(root / "run" / "queen.ticket")
    socket = found.get("socket") if isinstance(found, dict) else None
    if isinstance(socket, str) and socket and len(socket.encode()) <= 107:
        return connect(f"unix:{socket}", ticket=ticket, timeout_s=timeout_s, max_retries=retries)
    address = found.get("secure9p") if isinstance(found, dict) else None
    if not isinstance(address, dict):
        raise CohesixError("unreachable", f"The hive in {root} has no 9P door.")
    host = str(address.get("host"))
    name = f"[{host}]" if ":" in host else host
    return connect(f"9p://{name}:{address.get('port')}", ticket=ticket, timeout_s=timeout_s, max_retries=retries)


def data_directory(env: Mapping[str, str] = os.environ) -> Path:
    """`COH_DATA`, else `$XDG_DATA_HOME/cohesix/hive`, else `~/.local/share/cohesix/hive`."""
    named = env.get("COH_DATA")
    if named:
        return Path(named)
    base = env.get("XDG_DATA_HOME") or os.path.join(env.get("HOME") or os.path.expanduser("~"), ".local", "share")
    return Path(base) / "cohesix" / "hive"


def _first(env: Mapping[str, str], names: tuple[str, ...]) -> str | None:
    return next((env[name] for name in names if env.get(name)), None)


def _token(named: str | None) -> str:
    if not named:
        return ""
    return read_token(named) if os.path.isfile(named) else named


def _number(env: Mapping[str, str], name: str, fallback: float) -> float:
    text = env.get(name)
    if not text:
        return fallback
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 < value <= 3600:
        raise CohesixError("invalid-payload", f"{name} is a number above 0 and at most 3600.")
    return value
