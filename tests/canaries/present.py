"""Presents canaries where they are refused, and writes down what is answered: an answer must not repeat them.

    present.py SERVER FOLDER

SERVER is the address of the server's MCP endpoint, and FOLDER where it runs. Other programs call `present` themselves.
"""

import json
import os
import sys
from itertools import islice
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

import httpx2

OPERATORS_PATHS = ("/status", "/config", "/endpoints", "/metrics", "/ready")
OF_EACH_KIND = 2
"""As many as find place below what the server lets one network ask."""


def chosen(file: str) -> list[str]:
    """The newest canaries of each kind."""
    kinds: dict[str, list[str]] = {}
    for line in reversed(Path(file).read_text().splitlines()):
        canary = json.loads(line)
        kinds.setdefault(canary["kind"], []).append(canary["value"])
    return [value for values in kinds.values() for value in islice(dict.fromkeys(values), OF_EACH_KIND)]


def mistakes(canary: str) -> list[tuple[str, str, dict[str, str], dict[str, str]]]:
    """Requests that hold it where one like it may come, and cannot succeed: method, path, form or query, headers."""
    nobody = {"client_id": "nobody"}
    refresh = {"grant_type": "refresh_token", "refresh_token": canary}
    exchange = {"grant_type": "authorization_code", "code": canary, "code_verifier": canary}
    return [
        ("POST", "/token", refresh | nobody, {}),
        ("POST", "/token", exchange | nobody | {"client_secret": canary}, {}),
        ("POST", "/token", {"grant_type": canary} | nobody, {}),
        ("POST", "/revoke", {"token": canary} | nobody, {}),
        ("POST", "/introspect", {"token": canary} | nobody | {"client_secret": canary}, {}),
        ("POST", "/login", {"username": "nobody", "password": canary}, {}),
        ("GET", "/authorize", nobody | {"redirect_uri": "https://nobody.example/", "code_challenge": canary}, {}),
        *(("GET", f"/{name}/callback", {"code": canary, "state": canary}, {}) for name in ("github", "oidc")),
        ("GET", "/account", {}, {"Cookie": f"mxcp_session={canary}"}),
        ("POST", "/mcp", {"access_token": canary}, {}),
        ("POST", "/mcp", {}, {"Authorization": f"Bearer {canary}x"}),
    ]


class Server(Protocol):
    """A server that runs in a folder, in which its operator has the socket `admin.sock`."""

    port: int
    folder: Path


def present(server: Server) -> None:
    """Makes mistakes and asks what an operator asks; the answers are in the server's folder."""
    file = os.environ.get("CANARY_FILE")
    if not file:
        return
    with (server.folder / "given.answers").open("a") as written, httpx2.Client(timeout=60) as http:

        def write(what: str, answer: httpx2.Response) -> None:
            headers = "\n".join(f"{name}: {value}" for name, value in answer.headers.items())
            written.write(f"{what} {answer.status_code}\n{headers}\n\n{answer.text}\n\n")

        for canary in chosen(file):
            for method, path, fields, headers in mistakes(canary):
                carried = {"params": fields} if method == "GET" else {"data": fields}
                write(f"{method} {path}", http.request(method, f"http://127.0.0.1:{server.port}{path}", headers=headers, **carried))
        transport = httpx2.HTTPTransport(uds=str(server.folder / "admin.sock"))
        with httpx2.Client(transport=transport, timeout=60) as asked:
            for path in OPERATORS_PATHS:
                write(path, asked.get(f"http://mxcp{path}"))


class Started:
    """The server that the command line names."""

    def __init__(self, address: str, folder: str) -> None:
        self.port, self.folder = urlsplit(address).port or 80, Path(folder)


if __name__ == "__main__":
    present(Started(*sys.argv[1:]))
