"""The doors of a hive. `connect` picks one by URL."""

from __future__ import annotations

import ssl
from pathlib import Path

from ..errors import CohesixError
from .base import RETRIES, TIMEOUT_S, Accepted, Backend, FileStat, Follow
from .console import ConsoleBackend
from .filesystem import FilesystemBackend
from .mock import MockBackend
from .ninep import NinePBackend
from .rest import RestBackend

TOKEN_BYTES_MAX = 8192

__all__ = [
    "Accepted",
    "Backend",
    "ConsoleBackend",
    "FileStat",
    "FilesystemBackend",
    "Follow",
    "MockBackend",
    "NinePBackend",
    "RestBackend",
    "connect",
    "read_token",
]


def connect(
    url: str,
    *,
    ticket: str = "",
    console_token: str | None = None,
    role: str = "queen",
    timeout_s: float = TIMEOUT_S,
    max_retries: int = RETRIES,
    ca_file: str | None = None,
    cert_file: str | None = None,
    key_file: str | None = None,
) -> Backend:
    """Opens a door: `unix:/p`, `9p(s)://h:p`, `console(s)://h:p`, `http(s)://h:p`, `mount:/dir`, `mock:/dir`.

    `ca_file`: certificates that sign the server's, instead of the system's; `cert_file`, `key_file`: who this is to a server that
    asks for certificates (PEM). Raises `CohesixError`.
    """
    scheme, _, rest = url.partition(":")
    if scheme in ("mount", "mock"):
        return FilesystemBackend(rest) if scheme == "mount" else MockBackend(rest)
    tls = None if ca_file is None and cert_file is None else tls_context(ca_file, cert_file, key_file)
    if scheme in ("http", "https"):
        return RestBackend(url, ticket=ticket, timeout_s=max(timeout_s, TIMEOUT_S), max_retries=max_retries, tls=tls)
    if scheme.startswith("console"):
        if console_token is None:
            raise CohesixError("unauthenticated", "The console needs the hive's console token besides the ticket.")
        return ConsoleBackend(
            url,
            console_token=console_token,
            ticket=ticket,
            role=role,
            timeout_s=timeout_s,
            max_retries=max_retries,
            tls=tls,
        )
    return NinePBackend(url, ticket=ticket, timeout_s=timeout_s, max_retries=max_retries, tls=tls)


def tls_context(ca_file: str | None, cert_file: str | None, key_file: str | None) -> ssl.SSLContext:
    """TLS with these files. Raises `CohesixError` with the reason, and nothing of what is in them."""
    try:
        context = ssl.create_default_context(cafile=ca_file)
        if cert_file is not None:
            context.load_cert_chain(cert_file, key_file)
    except OSError as error:  # what ssl raises is one, too
        raise CohesixError("invalid-payload", f"The files for TLS cannot be used: {error.strerror or error}.") from None
    return context


def read_token(path: str | Path) -> str:
    """The token in a file: one line. Raises `CohesixError` with the name of the file and nothing of what is in it."""
    try:
        with open(path, "rb") as file:
            raw = file.read(TOKEN_BYTES_MAX + 1)
    except OSError as error:
        raise CohesixError("not-found", f"{path}: {error.strerror}.") from None
    text = raw.strip()
    if len(raw) > TOKEN_BYTES_MAX or not text or not text.isascii() or b"\n" in text or b" " in text:
        raise CohesixError("invalid-claims", f"{path} holds no token: one line of ASCII without blanks.")
    return text.decode("ascii")
