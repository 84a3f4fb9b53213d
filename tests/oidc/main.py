"""The Python SDK's client logs in through a real OpenID provider, calls, goes on after the server was started again, and
refreshes: once as any provider, once as a Keycloak realm, once with Google's claims. Then it logs in at the provider itself,
refreshes there, and brings the provider's tokens to a server that is a resource server only: signed ones, and opaque ones.

    main.py BINARY NODE

The last line says how many passed and how many failed. It needs `tests/canaries`, `tests/replicas` and
`tests/interop/python` on the module path.
"""

import asyncio
import shutil
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path

from browser import sign_in
from canaries import keep
from cluster import PATIENCE, Replica, eventually, free_port
from present import present

HERE = Path(__file__).parent
CLIENT = [sys.executable, str(HERE.parent / "interop" / "python" / "login.py")]
PATHS = {"oidc": "", "keycloak": "/realms/employees", "google": "/google", "signed": "/signed", "opaque": "/opaque"}
"""Where the issuer of each profile is, at its provider."""
PASSWORD = "any password is right"
RESOURCE_ONLY = ("signed", "opaque")
"""The profiles whose tokens are the provider's."""


class Provider:
    """npm's oidc-provider, a program."""

    def __init__(self, node: str, path: str, redirect_uri: str, folder: Path) -> None:
        self.server = f"http://127.0.0.1:{free_port()}"
        self.issuer = f"{self.server}{path}"
        self._log = folder / f"provider{path.replace('/', '-')}.log"
        self._command = [node, str(HERE / "provider.mjs"), self.server.rsplit(":", 1)[1], path, redirect_uri]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        eventually("the provider listens", lambda: self.issuer in self.log().splitlines())

    def log(self) -> str:
        return self._log.read_text()

    def end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(timeout=PATIENCE)
            self._process = None


class Tests:
    """Runs what is to be tested, and counts."""

    def __init__(self) -> None:
        self.passed = self.failed = 0

    def run(self, name: str, test: Callable[[], str], server: Replica, provider: Provider) -> None:
        try:
            print(f"ok      {name}: {test()}", flush=True)
            self.passed += 1
        except Exception:
            logs = f"--- server\n{server.log()}\n--- provider\n{provider.log()}"
            print(f"FAILED  {name}\n{traceback.format_exc()}{logs}", flush=True)
            self.failed += 1


def run_client(server: Replica, expected: str, memory: Path | None, tool: str = "whoami") -> str:
    call = ["--tool", tool, "--username", "ada", "--password", PASSWORD, "--expect", expected, "--without-notes"]
    remembering = ["--memory", str(memory)] if memory else []
    program = [*CLIENT, f"http://127.0.0.1:{server.port}/mcp", *call, *remembering]
    done = subprocess.run(program, capture_output=True, text=True, timeout=PATIENCE, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


def renewed(provider: Provider) -> str:
    """Tokens of this provider end after 30 s, which is too short to be used as they are."""
    assert "granted refresh_token" in provider.log(), "the provider was never asked for a new token"
    assert "refused" not in provider.log() and "broken" not in provider.log(), "the provider complains"
    return "the provider renewed the token"


def given_back(server: Replica, provider: Provider) -> str:
    """A person signs in to the server's own page, which has no use for the provider's tokens."""
    home = f"http://127.0.0.1:{server.port}/"
    asyncio.run(sign_in(f"{home}login", home, "ada", PASSWORD))
    eventually("the token is given back", lambda: "ended a refresh token" in provider.log())
    return "the provider has its tokens back"


def bring_tokens(tests: Tests, profile: str, server: Replica, provider: Provider) -> None:
    """The same where the client logs in at the provider, which the server asks about tokens, or for the keys of them."""
    provider.start()
    server.start()
    for what, test in {
        "login": lambda: run_client(server, "ada", None),
        "provider": lambda: run_client(server, "acme", None),
        "token": lambda: run_client(server, "false", None),
        "mapped groups": lambda: run_client(server, "welcome", None, "staff_only"),
    }.items():
        tests.run(f"{profile}, {what}", test, server, provider)
    assert server.stop() == 0, server.log()


def through(tests: Tests, profile: str, server: Replica, provider: Provider) -> None:
    """One profile's life: started before its provider is, logged in to, started again, gone on with."""
    memory = server.folder / "python.json"
    server.start()
    provider.start()
    name = "acme" if profile == "oidc" else profile
    for what, test in {
        "login": lambda: run_client(server, "ada", memory),
        "provider": lambda: run_client(server, name, None),
        "verified address": lambda: run_client(server, "ada@example.com", None),
        "token": lambda: run_client(server, "true", None),
        "renewal": lambda: renewed(provider),
        "sign-in": lambda: given_back(server, provider),
    }.items():
        tests.run(f"{profile}, {what}", test, server, provider)
    if profile == "keycloak":
        tests.run("keycloak, roles", lambda: run_client(server, "welcome", None, "staff_only"), server, provider)
    assert server.stop() == 0, server.log()
    server.start()
    tests.run(f"{profile}, restarted", lambda: run_client(server, "ada", memory), server, provider)
    present(server)
    assert server.stop() == 0, server.log()


def main() -> None:
    binary, node = sys.argv[1:]
    binary, tests = str(Path(binary).resolve()), Tests()
    folder = Path(tempfile.mkdtemp(prefix="mxcp-actor-oidc."))
    started: list[tuple[Replica, Provider]] = []
    try:
        for profile, path in PATHS.items():
            port = free_port()
            public_url = f"http://127.0.0.1:{port}"
            provider = Provider(node, path, f"{public_url}/{profile}/callback", folder)
            environment = {"MXCP_PROFILE": profile, "PUBLIC_URL": public_url}
            environment |= {"ISSUER": provider.issuer, "SERVER": provider.server}
            server = Replica(f"server-{profile}", binary, folder, port, environment)
            shutil.copytree(HERE / "project", server.folder)
            started.append((server, provider))
            walk = bring_tokens if profile in RESOURCE_ONLY else through
            walk(tests, profile, server, provider)
    finally:
        for server, provider in started:
            server.kill()
            provider.end()
        keep(folder)
        shutil.rmtree(folder, ignore_errors=True)
    print(tests.passed, tests.failed)
    sys.exit(0 if tests.failed == 0 and tests.passed > 0 else 1)


main()
