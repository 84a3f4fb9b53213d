"""The SDKs' clients log in through real OpenID providers, call, go on after the server was started again, and refresh: at npm's
oidc-provider once as any provider, once as a Keycloak realm, once with Google's claims, and at PyPI's oidc-provider-mock. Then
Python's logs in at the provider itself, refreshes there, and brings the provider's tokens to a server that is a resource server
only: signed ones, and opaque ones.

    main.py BINARY NODE

The last line says how many passed and how many failed. It needs `tests/canaries`, `tests/replicas` and
`tests/interop/python` on the module path.
"""

import asyncio
import base64
import shutil
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path

from browser import sign_in
from canaries import keep
from cluster import Replica, free_port
from person import Person
from postgresql import PostgreSQL
from present import present
from providers import MockProvider, NodeProvider, Provider
from waiting import PATIENCE, eventually

HERE = Path(__file__).parent
INTEROP = HERE.parent / "interop"
PATHS = {"oidc": "", "keycloak": "/realms/employees", "google": "/google", "signed": "/signed", "opaque": "/opaque"}
"""Where the issuer of each profile is, at npm's provider."""
NAMES = {"oidc": "acme", "keycloak": "keycloak", "google": "google", "mock": "mock"}
"""What each profile's provider is called in SQL."""
RESTARTED = {"oidc": "python", "keycloak": "typescript-v1", "google": "typescript-v2", "mock": "python"}
"""Which client goes on after a restart of each profile's server. The keycloak one has its logins in PostgreSQL."""
PASSWORD = "any password is right"


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


class Clients:
    """The programs that log in to other servers, too."""

    def __init__(self, node: str) -> None:
        self._programs = {"python": [sys.executable, str(INTEROP / "python" / "login.py")]}
        for sdk in ("typescript-v1", "typescript-v2"):
            self._programs[sdk] = [node, str(INTEROP / sdk / "login.mjs")]

    def run(self, server: Replica, expected: str, tool: str = "whoami") -> str:
        return self._run("python", server, expected, "--tool", tool)

    def go_on(self, sdk: str, server: Replica) -> str:
        """The first time it logs in and writes down what it needs to go on with the next time."""
        return self._run(sdk, server, "ada", "--tool", "whoami", "--memory", str(server.folder / f"{sdk}.json"))

    def _run(self, sdk: str, server: Replica, expected: str, *more: str) -> str:
        call = ["--username", "ada", "--password", PASSWORD, "--expect", expected, "--without-notes", *more]
        program = [*self._programs[sdk], f"http://127.0.0.1:{server.port}/mcp", *call]
        done = subprocess.run(program, capture_output=True, text=True, timeout=PATIENCE, stdin=subprocess.DEVNULL)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip()


def renewed(provider: Provider) -> str:
    assert provider.has_renewed(), "the provider was never asked for a new token"
    assert not provider.complains(), "the provider complains"
    return "the provider renewed the token"


def given_back(server: Replica, provider: Provider) -> str:
    """A person without a client here signs in to the server's own page, which has no use for the provider's tokens."""
    home = f"http://127.0.0.1:{server.port}/"
    asyncio.run(sign_in(f"{home}login", home, "ada", PASSWORD))
    eventually("the token is given back", lambda: "ended a refresh token" in provider.log())
    return "the provider has its tokens back"


def left_alone(server: Replica, provider: Provider) -> str:
    """The same beside a client, which lives by the login at the provider and goes on afterwards."""
    before, home = provider.log().count("ended a refresh token"), f"http://127.0.0.1:{server.port}/"
    asyncio.run(sign_in(f"{home}login", home, "ada", PASSWORD))
    assert provider.log().count("ended a refresh token") == before, "the client's login may have ended with it"
    return "the provider keeps the client's login"


async def let_go(server: Replica, provider: MockProvider) -> str:
    """Behind whom the provider does not stand any more has no login here from the next refresh on."""
    address = f"http://127.0.0.1:{server.port}"
    person = Person(address.removeprefix("http://"))
    tokens = await person.log_in(address)
    provider.let_go("testuser")
    refused = await person.refresh(address, tokens["refresh_token"])
    assert refused.status_code == 400 and refused.json()["error"] == "invalid_grant", refused.text
    assert (await person.call(address, tokens["access_token"])).status_code == 401
    return "the login ended with the provider's tokens"


def bring_tokens(tests: Tests, clients: Clients, profile: str, server: Replica, provider: Provider) -> None:
    """The same where the client logs in at the provider, which the server asks about tokens, or for the keys of them."""
    provider.start()
    server.start()
    for what, test in {
        "login": lambda: clients.run(server, "ada"),
        "provider": lambda: clients.run(server, "acme"),
        "token": lambda: clients.run(server, "false"),
        "mapped groups": lambda: clients.run(server, "welcome", "staff_only"),
    }.items():
        tests.run(f"{profile}, {what}", test, server, provider)
    assert server.stop() == 0, server.log()


def through(tests: Tests, clients: Clients, profile: str, server: Replica, provider: Provider) -> None:
    """One profile's life: started before its provider is, logged in to, started again, gone on with."""
    sdk = RESTARTED[profile]
    server.start()
    provider.start()
    walk = {"sign-in": lambda: given_back(server, provider)} if profile != "mock" else {}
    walk |= {
        f"{sdk}, login": lambda: clients.go_on(sdk, server),
        "provider": lambda: clients.run(server, NAMES[profile]),
        "verified address": lambda: clients.run(server, "ada@example.com"),
        "token": lambda: clients.run(server, "true"),
        "renewal": lambda: renewed(provider),
    }
    if profile == "keycloak":
        walk["roles"] = lambda: clients.run(server, "welcome", "staff_only")
    if profile != "mock":
        walk["sign-in beside a client"] = lambda: left_alone(server, provider)
    for what, test in walk.items():
        tests.run(f"{profile}, {what}", test, server, provider)
    assert server.stop() == 0, server.log()
    server.start()
    tests.run(f"{profile}, {sdk}, restarted", lambda: clients.go_on(sdk, server), server, provider)
    if isinstance(provider, MockProvider):
        tests.run(f"{profile}, let go", lambda: asyncio.run(let_go(server, provider)), server, provider)
    present(server)
    assert server.stop() == 0, server.log()


def main() -> None:
    binary, node = sys.argv[1:]
    binary, tests, clients = str(Path(binary).resolve()), Tests(), Clients(node)
    folder = Path(tempfile.mkdtemp(prefix="mxcp-actor-oidc."))
    folder.chmod(0o755)
    store, started = PostgreSQL(folder), []
    try:
        store.start()
        for profile in [*PATHS, "mock"]:
            port = free_port()
            public_url = f"http://127.0.0.1:{port}"
            if profile in PATHS:
                provider = NodeProvider(node, PATHS[profile], f"{public_url}/{profile}/callback", folder)
            else:
                provider = MockProvider(folder)
            environment = {
                "MXCP_PROFILE": profile,
                "PUBLIC_URL": public_url,
                "ISSUER": provider.issuer,
                "SERVER": provider.server,
                "STORE_URL": store.url,
                "SEALING_KEY": base64.urlsafe_b64encode(bytes(range(32))).decode(),
            }
            server = Replica(f"server-{profile}", binary, folder, port, environment)
            shutil.copytree(HERE / "project", server.folder)
            started.append((server, provider))
            walk = through if profile in RESTARTED else bring_tokens
            walk(tests, clients, profile, server, provider)
    finally:
        for server, provider in started:
            server.kill()
            provider.end()
        store.remove()
        keep(folder)
        shutil.rmtree(folder, ignore_errors=True)
    print(tests.passed, tests.failed)
    sys.exit(0 if tests.failed == 0 and tests.passed > 0 else 1)


main()
