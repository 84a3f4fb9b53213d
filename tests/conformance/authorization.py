"""The user of the MCP conformance suite for authorization servers: registers the client that the suite stands for, and signs in
where it asks a person to.

    authorization.py NODE SUITE SERVER RESULTS_FOLDER

SERVER is the address of the server's MCP endpoint. The suite runs once as a client that names the resource it wants a token for, and
once as one that does not. A scenario that the suite skips or warns about has not passed. The last line says how many passed and how
many failed. It needs `tests/interop/python` and `tests/canaries` on the module path.
"""

import asyncio
import json
import socket
import sys
from pathlib import Path

import httpx2
from browser import sign_in

USERNAME, PASSWORD = "testuser", "testpass"
SCENARIOS = ("authorization-server-metadata-endpoint", "authorization-code-grant")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


async def register(issuer: str, redirect_uri: str) -> str:
    """A public client, which the suite is without a secret."""
    metadata = {"client_name": "Conformance", "redirect_uris": [redirect_uri], "token_endpoint_auth_method": "none"}
    async with httpx2.AsyncClient(timeout=30) as client:
        answer = await client.post(f"{issuer}/register", json=metadata)
    assert answer.status_code == 201, answer.text
    return answer.json()["client_id"]


async def be_the_browser(address: str, redirect_uri: str) -> None:
    """Signs in, consents, and goes where the server leads: back to the suite, which listens there."""
    callback = await sign_in(address, redirect_uri, USERNAME, PASSWORD)
    async with httpx2.AsyncClient(timeout=30) as client:
        await client.get(redirect_uri, params=callback)


async def run(command: list[str], issuer: str, redirect_uri: str) -> None:
    """Runs the suite, repeats what it says, and opens the page that it names."""
    suite = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    assert suite.stdout is not None
    try:
        async for line in suite.stdout:
            print(line.decode(), end="", flush=True)
            if line.startswith(f"{issuer}/authorize?".encode()):
                await be_the_browser(line.decode().strip(), redirect_uri)
        await suite.wait()
    finally:
        if suite.returncode is None:
            suite.kill()


def outcome(results: Path, scenario: str) -> bool:
    """Whether the suite looked at something in a scenario, and found all of it good."""
    checks = [check for file in results.glob(f"*{scenario}*/checks.json") for check in json.loads(file.read_text())]
    for check in checks:
        print(f"{scenario}: {check['status']}: {check.get('errorMessage') or check['description']}", flush=True)
    return bool(checks) and all(check["status"] == "SUCCESS" for check in checks)


async def main() -> None:
    node, suite, server, folder = sys.argv[1:]
    issuer = server.removesuffix("/mcp")
    outcomes = []
    for name, options in {"with-resource": ["--resource", server], "without-resource": []}.items():
        port, results = free_port(), Path(folder) / name
        redirect_uri = f"http://127.0.0.1:{port}/callback"
        client = ["--client-id", await register(issuer, redirect_uri), "--port", str(port)]
        where = ["--url", issuer, "--output-dir", str(results)]
        await run([node, suite, "authorization", *where, *client, *options], issuer, redirect_uri)
        outcomes += [outcome(results, scenario) for scenario in SCENARIOS]
    print(outcomes.count(True), outcomes.count(False))
    sys.exit(0 if all(outcomes) else 1)


asyncio.run(main())
