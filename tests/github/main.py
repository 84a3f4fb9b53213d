"""The SDKs' clients log in through a fake GitHub, go on after the server was started again, and refresh: once per kind of
store. Then one of them logs in to the sample configuration.

    main.py BINARY NODE FAKE

The last line says how many passed and how many failed. It needs `tests/canaries` and `tests/replicas` on
the module path.
"""

import base64
import shutil
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path

import httpx2
from canaries import keep, remember
from cluster import Replica, free_port
from postgresql import PostgreSQL
from present import present
from waiting import PATIENCE

HERE = Path(__file__).parent
INTEROP = HERE.parent / "interop"
SAMPLE = HERE.parent.parent / "config" / "samples" / "github"
CALL = ["--tool", "whoami", "--username", "nobody", "--password", "none", "--expect", "octocat", "--without-notes"]


class Tests:
    """Runs what is to be tested, and counts."""

    def __init__(self) -> None:
        self.passed = self.failed = 0

    def run(self, name: str, test: Callable[[], str], server: Replica) -> None:
        try:
            print(f"ok      {name}: {test()}", flush=True)
            self.passed += 1
        except Exception:
            print(f"FAILED  {name}\n{traceback.format_exc()}--- server\n{server.log()}", flush=True)
            self.failed += 1


class Fake:
    """The fake GitHub, a program. Its tokens expire, as those of GitHub Apps do."""

    def __init__(self, program: str) -> None:
        self._process = subprocess.Popen([program, "--expiring"], stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().strip()
        assert self.url.startswith("http://"), "the fake GitHub did not start"

    def send_back_to(self, public_url: str) -> None:
        form = {"callback": f"{public_url}/github/callback"}
        assert httpx2.post(f"{self.url}/_test/callback", data=form).status_code == 204

    def remember(self) -> None:
        """Writes down every secret that it gave out."""
        remember("upstream", *httpx2.get(f"{self.url}/_test/given-out").json())

    def end(self) -> None:
        self._process.kill()
        self._process.wait(timeout=PATIENCE)


def clients(node: str) -> dict[str, list[str]]:
    """The programs that log in to other servers, too."""
    return {
        "python": [sys.executable, str(INTEROP / "python" / "login.py")],
        "typescript v1": [node, str(INTEROP / "typescript-v1" / "login.mjs")],
        "typescript v2": [node, str(INTEROP / "typescript-v2" / "login.mjs")],
    }


def run_client(command: list[str], server: Replica, memory: Path | None) -> str:
    remembering = ["--memory", str(memory)] if memory else []
    program = [*command, f"http://127.0.0.1:{server.port}/mcp", *CALL, *remembering]
    done = subprocess.run(program, capture_output=True, text=True, timeout=PATIENCE, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


def around_a_restart(tests: Tests, node: str, server: Replica, fake: Fake, profile: str) -> None:
    """Every client logs in and calls; the server stops and starts; every client calls with its token, and refreshes."""
    memory = {name: server.folder / f"{name}.json" for name in clients(node)}
    server.start()
    for name, command in clients(node).items():
        tests.run(f"{profile}, {name}", lambda: run_client(command, server, memory[name]), server)
    assert server.stop() == 0, server.log()
    server.start()
    for name, command in clients(node).items():
        if memory[name].exists():
            tests.run(f"{profile}, {name}, restarted", lambda: run_client(command, server, memory[name]), server)
    fake.remember()
    present(server)
    assert server.stop() == 0, server.log()


def server_of(profile: str, folder: Path, binary: str, fake: Fake, store: PostgreSQL) -> Replica:
    """A server on a copy of the project of the clients. It is not started."""
    port = free_port()
    environment = {
        "MXCP_PROFILE": profile,
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "FAKE_GITHUB": fake.url,
        "STORE_URL": store.url,
        "SEALING_KEY": base64.urlsafe_b64encode(bytes(range(32))).decode(),
    }
    remember("sealing_key", environment["SEALING_KEY"])
    remember("upstream", "fake-client-secret-canary")
    server = Replica(f"server-{profile}", binary, folder, port, environment)
    shutil.copytree(HERE / "project", server.folder)
    fake.send_back_to(environment["PUBLIC_URL"])
    return server


def sample(folder: Path, binary: str, fake: Fake) -> Replica:
    """A server on the sample configuration, with nothing changed but where GitHub is."""
    port = free_port()
    environment = {
        "GITHUB_CLIENT_ID": "Iv1.fake",
        "GITHUB_CLIENT_SECRET": "fake-client-secret-canary",
        "MY_APP_CLIENT_SECRET": "secret-of-my-app",
        "AUTH_ENCRYPTION_KEY": base64.urlsafe_b64encode(bytes(range(32))).decode(),
    }
    server = Replica("server-sample", binary, folder, port, environment)
    shutil.copytree(SAMPLE, server.folder)
    shutil.copytree(HERE / "project" / "tools", server.folder / "tools")
    file = server.folder / "config.yml"
    settings = file.read_text()
    assert "https://github.com/" in settings and "api_url" not in settings
    settings = settings.replace('"https://github.com/', f'"{fake.url}/')
    settings = settings.replace('            auth_url:', f'            api_url: "{fake.url}/api"\n            auth_url:')
    file.write_text(settings)
    fake.send_back_to(f"http://127.0.0.1:{port}")
    return server


def main() -> None:
    binary, node, program = sys.argv[1:]
    binary, tests = str(Path(binary).resolve()), Tests()
    folder = Path(tempfile.mkdtemp(prefix="mxcp-actor-github."))
    folder.chmod(0o755)
    store, fake, servers = PostgreSQL(folder), Fake(program), []
    try:
        store.start()
        for profile in ["sqlite", "postgresql"]:
            servers.append(server_of(profile, folder, binary, fake, store))
            around_a_restart(tests, node, servers[-1], fake, profile)
        servers.append(sample(folder, binary, fake))
        servers[-1].start()
        tests.run("sample, python", lambda: run_client(clients(node)["python"], servers[-1], None), servers[-1])
    finally:
        for server in servers:
            server.kill()
        fake.remember()
        fake.end()
        store.dump(folder / "store.dump")
        store.remove()
        keep(folder)
        shutil.rmtree(folder, ignore_errors=True)
    print(tests.passed, tests.failed)
    sys.exit(0 if tests.failed == 0 and tests.passed > 0 else 1)


main()
