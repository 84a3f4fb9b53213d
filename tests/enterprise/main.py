"""Enterprise-managed authorization with the SDKs: each client exchanges its user's identity token at a strict identity provider,
brings the assertion to the server, and calls. No browser, no consent.

    main.py BINARY NODE

The last line says how many passed and how many failed. It needs `tests/canaries` and `tests/replicas` on
the module path.
"""

import shutil
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path

from canaries import keep
from cluster import Replica, free_port
from present import present
from provider import CLIENT, CLIENT_AT_SERVER, Provider
from waiting import PATIENCE

HERE = Path(__file__).parent
INTEROP = HERE.parent / "interop"
SUBJECT = "U019488227"
DISCOVERED = 'config_url: "${ISSUER}/.well-known/openid-configuration"'
PUBLISHED = 'issuer: "${ISSUER}", jwks_uri: "${ISSUER}/jwks"'


def run_client(program: list[str], server: Replica, provider: Provider, expected: str, *more: str) -> str:
    address = f"http://127.0.0.1:{server.port}/mcp"
    call = [address, "--tool", "whoami", "--expect", expected, "--provider", provider.issuer]
    call += ["--identity-token", provider.identity_token(SUBJECT), "--provider-client", CLIENT[0]]
    call += ["--provider-secret", CLIENT[1], "--client-id", CLIENT_AT_SERVER]
    call += ["--client-secret", "assistant/secret+% canary", *more]
    before = provider.exchanges
    done = subprocess.run([*program, *call], capture_output=True, text=True, timeout=PATIENCE, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stdout + done.stderr
    assert provider.exchanges == before + 2, f"{provider.exchanges - before} exchanges instead of one for each token"
    assert not provider.complaints, provider.complaints
    return done.stdout.strip()


class House:
    """A provider, and a server that trusts it and finds its keys in the way that `trust` says."""

    def __init__(self, binary: str, folder: Path, name: str, trust: str) -> None:
        port = free_port()
        public_url = f"http://127.0.0.1:{port}"
        self.provider = Provider(public_url, f"{public_url}/mcp")
        environment = {"PUBLIC_URL": public_url, "ISSUER": self.provider.issuer}
        self.server = Replica(name, str(Path(binary).resolve()), folder, port, environment)
        shutil.copytree(HERE / "project", self.server.folder)
        configuration = self.server.folder / "config.yml"
        written = configuration.read_text()
        assert DISCOVERED in written
        configuration.write_text(written.replace(DISCOVERED, trust))

    def run(self, program: list[str], expected: str, *more: str) -> str:
        return run_client(program, self.server, self.provider, expected, *more)


def main() -> None:
    binary, node = sys.argv[1:]
    python = [sys.executable, str(INTEROP / "python" / "enterprise.py")]
    typescript = [node, str(INTEROP / "typescript-v2" / "enterprise.mjs")]
    folder = Path(tempfile.mkdtemp(prefix="mxcp-actor-enterprise."))
    discovered = House(binary, folder, "discovered", DISCOVERED)
    published = House(binary, folder, "published", PUBLISHED)
    basic = ("--client-authentication", "client_secret_basic", "--mode", "legacy")
    tests: dict[str, Callable[[], str]] = {
        "python, post": lambda: discovered.run(python, SUBJECT),
        "python, basic": lambda: discovered.run(python, "ada", *basic),
        "typescript-v2, modern": lambda: discovered.run(typescript, "acme", "--mode", "modern"),
        "typescript-v2, legacy": lambda: discovered.run(typescript, "token:", "--mode", "legacy"),
        "python, published keys": lambda: published.run(python, SUBJECT),
        "typescript-v2, published keys": lambda: published.run(typescript, "acme", "--mode", "modern"),
    }
    servers = [discovered.server, published.server]
    passed = failed = 0
    try:
        for server in servers:
            server.start()
        for name, test in tests.items():
            try:
                print(f"ok      {name}: {test()}", flush=True)
                passed += 1
            except Exception:
                logs = "".join(server.log() for server in servers)
                print(f"FAILED  {name}\n{traceback.format_exc()}--- servers\n{logs}", flush=True)
                failed += 1
        for server in servers:
            present(server)
            assert server.stop() == 0, server.log()
    finally:
        for server in servers:
            server.kill()
        keep(folder)
        shutil.rmtree(folder, ignore_errors=True)
    print(passed, failed)
    sys.exit(0 if failed == 0 and passed > 0 else 1)


main()
