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


def main() -> None:
    binary, node = sys.argv[1:]
    python = [sys.executable, str(INTEROP / "python" / "enterprise.py")]
    typescript = [node, str(INTEROP / "typescript-v2" / "enterprise.mjs")]
    folder = Path(tempfile.mkdtemp(prefix="mxcp-actor-enterprise."))
    port = free_port()
    public_url = f"http://127.0.0.1:{port}"
    provider = Provider(public_url, f"{public_url}/mcp")
    environment = {"PUBLIC_URL": public_url, "ISSUER": provider.issuer}
    server = Replica("server", str(Path(binary).resolve()), folder, port, environment)
    shutil.copytree(HERE / "project", server.folder)
    tests: dict[str, Callable[[], str]] = {
        "python, post": lambda: run_client(python, server, provider, SUBJECT),
        "python, basic": lambda: run_client(
            python, server, provider, "ada", "--client-authentication", "client_secret_basic", "--mode", "legacy"
        ),
        "typescript-v2, modern": lambda: run_client(typescript, server, provider, "acme", "--mode", "modern"),
        "typescript-v2, legacy": lambda: run_client(typescript, server, provider, "token:", "--mode", "legacy"),
    }
    passed = failed = 0
    try:
        server.start()
        for name, test in tests.items():
            try:
                print(f"ok      {name}: {test()}", flush=True)
                passed += 1
            except Exception:
                print(f"FAILED  {name}\n{traceback.format_exc()}--- server\n{server.log()}", flush=True)
                failed += 1
        present(server)
        assert server.stop() == 0, server.log()
    finally:
        server.kill()
        keep(folder)
        shutil.rmtree(folder, ignore_errors=True)
    print(passed, failed)
    sys.exit(0 if failed == 0 and passed > 0 else 1)


main()
