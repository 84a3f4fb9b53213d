"""Two replicas on one PostgreSQL behind an nginx that sends each request to the other one than the request before."""

import base64
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
from authority import Authority
from canaries import keep, remember
from nginx import Nginx
from postgresql import PostgreSQL
from waiting import PATIENCE, eventually

HERE = Path(__file__).parent
REUSE_WINDOW = 10
"""Seconds in which a used refresh token still leads to the same pair: longer than fifty refreshes take on a machine that
does much else, and so short that a test can wait for its end."""

PASSWORD_HASH = "$argon2id$v=19$m=19456,t=2,p=1$zHDspIoOgfl6G7+/VXywbw$ItKWrt3LAl2eNNme1OozmaHsVpKd64DmOpSWuq0K2v4"

RESERVATIONS: list[socket.socket] = []


def free_port() -> int:
    """A port for a server, also when it is stopped and started again: it lies below those that the system gives to
    connections, and other runs on this machine leave it alone because its UDP twin is taken."""
    while True:
        port = random.randrange(20_000, 32_768)
        reservation = socket.socket(type=socket.SOCK_DGRAM)
        try:
            reservation.bind(("127.0.0.1", port))
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", port))
        except OSError:
            reservation.close()
            continue
        RESERVATIONS.append(reservation)
        return port


def is_healthy(port: int) -> bool:
    try:
        return httpx2.get(f"http://127.0.0.1:{port}/health", timeout=10).status_code == 200
    except httpx2.HTTPError:
        return False


class Replica:
    """One server process, on its own copy of the project and of the database."""

    def __init__(
        self,
        name: str,
        binary: str,
        folder: Path,
        port: int,
        environment: dict[str, str] | None = None,
        flags: tuple[str, ...] = (),
    ) -> None:
        self.name, self.port, self.folder = name, port, folder / name
        self._binary, self._environment, self._flags = binary, environment or {}, flags
        self._process: subprocess.Popen[bytes] | None = None

    def configure(self, settings: dict[str, Any]) -> None:
        (self.folder / "config.yml").write_text(json.dumps(settings, indent=1))

    def start(self) -> None:
        self._process = self._begin()
        eventually(f"replica {self.name} is healthy", lambda: self._is_up())

    def start_and_fail(self) -> str:
        """Starts what must refuse, and gives back what it said."""
        code = self._begin().wait(timeout=PATIENCE)
        assert code == 1, f"{code}: {self.log()}"
        return self.log()

    def _begin(self) -> "subprocess.Popen[bytes]":
        environment = {"HOME": str(self.folder), "MXCP_CONFIG": "config.yml", "PATH": os.environ["PATH"]}
        environment |= {"MXCP_ADMIN_ENABLED": "1", "MXCP_ADMIN_SOCKET": "admin.sock", "MXCP_DEBUG": "1"} | self._environment
        command = [self._binary, "serve", "--host", "127.0.0.1", "--port", str(self.port), *self._flags]
        with (self.folder / "server.log").open("ab") as log:
            return subprocess.Popen(
                command, cwd=self.folder, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def _is_up(self) -> bool:
        assert self._process is not None and self._process.poll() is None, self.log()
        return is_healthy(self.port)

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        return self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> int:
        if self._process is None:
            return 0
        self._process.send_signal(number)
        code = self._process.wait(timeout=PATIENCE)
        self._process = None
        return code

    def status(self) -> dict[str, Any]:
        """What it tells its operator."""
        with httpx2.Client(transport=httpx2.HTTPTransport(uds=str(self.folder / "admin.sock")), timeout=30) as operator:
            return operator.get("http://mxcp/status").json()

    def probed(self, path: str) -> int:
        """The status that whoever watches it is answered."""
        with httpx2.Client(transport=httpx2.HTTPTransport(uds=str(self.folder / "admin.sock")), timeout=30) as watcher:
            return watcher.get(f"http://mxcp{path}").status_code

    def log(self) -> str:
        return (self.folder / "server.log").read_text()[-4000:]

    def records(self) -> list[dict[str, Any]]:
        """All records of its audit log, oldest first."""
        segments = sorted((self.folder / "audit").glob("*.jsonl"))
        texts = [path.read_text() for path in segments if not path.name.endswith("_schemas.jsonl")]
        return [json.loads(line) for text in texts for line in text.splitlines()]

    def done(self, operation: str) -> list[dict[str, Any]]:
        return [record for record in self.records() if record["operation_name"] == operation]


@dataclass(frozen=True)
class Kind:
    """In what one cluster differs from another."""

    flags: tuple[str, ...] = ()
    """What its servers are started with."""
    access_token_ttl: int = 3600
    """Seconds that a token lives."""
    tls: bool = False
    """Whether nginx ends TLS, as it does in front of real servers; the checks that ask a replica itself know no TLS."""


def configuration(url: str, persistence: dict[str, Any], kind: Kind) -> dict[str, Any]:
    user = {"username": "testuser", "password_hash": PASSWORD_HASH, "name": "Test User"}
    auth = {
        "provider": "local",
        "local": {"users": [user]},
        "authorization": {"required_scopes": ["mcp:read"]},
        "registration": {"allowed_scopes": ["mcp:read", "mcp:write"]},
        "session": {"access_token_ttl": kind.access_token_ttl, "refresh_reuse_window": REUSE_WINDOW},
        "persistence": persistence,
    }
    return {
        "mxcp": 1,
        "transport": {"http": {"base_url": url}, "shutdown_grace": PATIENCE},
        "projects": {"replicas": {"profiles": {"default": {"auth": auth}}}},
    }


class Cluster:
    """All of it; `url` is what clients are told."""

    def __init__(self, binary: str, kind: Kind) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="mxcp-actor-replicas."))
        self.folder.chmod(0o755)
        self.database = PostgreSQL(self.folder)
        self._binary = binary
        self.key = base64.urlsafe_b64encode(bytes(range(32))).decode()
        remember("sealing_key", self.key)
        self._kind = kind
        self.authority = Authority(self.folder) if kind.tls else None
        port = free_port()
        self._nginx = Nginx(self.folder, port, self.authority)
        self.host = f"localhost:{port}"
        self.url = self._nginx.url
        self.replicas = [
            Replica(name, binary, self.folder, free_port(), flags=kind.flags) for name in ("one", "two")
        ]
        self.others: list[Replica] = []

    def __enter__(self) -> "Cluster":
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for replica in [*self.replicas, *self.others]:
            replica.kill()
        self._nginx.stop()
        self.database.dump(self.folder / "store.dump")
        self.database.remove()
        keep(self.folder)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _start(self) -> None:
        self.database.start()
        notes = self._filled_database()
        for replica in self.replicas:
            shutil.copytree(HERE / "project", replica.folder)
            (replica.folder / "data").mkdir()
            shutil.copy(notes, replica.folder / "data" / "notes.duckdb")
            (replica.folder / "data" / "notes.duckdb").chmod(0o444)
            replica.configure(self._configuration())
            replica.start()
        self._nginx.start([replica.port for replica in self.replicas])

    def _filled_database(self) -> Path:
        """The database, made by the server itself: a call that fills its table."""
        folder = self.folder / "filling"
        shutil.copytree(HERE / "filling", folder)
        port = free_port()
        environment = {"HOME": str(folder), "PATH": os.environ["PATH"]}
        command = [self._binary, "serve", "--port", str(port), "--stateless"]
        with (folder / "server.log").open("wb") as log:
            server = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
        eventually("the server that fills the database is healthy", lambda: is_healthy(port))
        message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "fill", "arguments": {}}}
        headers = {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": "2025-11-25"}
        answer = httpx2.post(f"http://localhost:{port}/mcp", json=message, headers=headers, timeout=PATIENCE)
        assert answer.status_code == 200 and not answer.json()["result"].get("isError"), answer.text
        server.terminate()
        assert server.wait(timeout=PATIENCE) == 0
        return folder / "notes.duckdb"

    def _configuration(self) -> dict[str, Any]:
        persistence = {"type": "postgresql", "url": self.database.url, "auth_encryption_key": self.key}
        return configuration(self.url, persistence, self._kind)

    def single(self, name: str) -> tuple[Replica, str]:
        """A server beside the replicas, not started, that keeps its logins in an SQLite file; and the host it is called."""
        server = self._beside(name)
        host = f"localhost:{server.port}"
        server.configure(configuration(f"http://{host}", {"type": "sqlite", "path": "oauth.db"}, self._kind))
        return server, host

    def pair(self, name: str, auth: dict[str, Any]) -> list[Replica]:
        """Two more replicas, not started, on a database of their own, that nginx can be told to send requests to. `auth` stands
        in their configuration in place of the local users."""
        self.database.query(f"CREATE DATABASE {name}")
        url = self.database.url.replace("///postgres?", f"///{name}?")
        persistence = {"type": "postgresql", "url": url, "auth_encryption_key": self.key}
        settings = configuration(self.url, persistence, self._kind)
        settings["transport"]["http"]["rate_limits"] = {"token": 0}  # all clients ask without a pause, from one address
        profile = settings["projects"]["replicas"]["profiles"]["default"]
        profile["auth"] = {name: value for name, value in profile["auth"].items() if name != "local"} | auth
        servers = [self._beside(f"{name}-{number}") for number in ("one", "two")]
        for server in servers:
            server.configure(settings)
        return servers

    def _beside(self, name: str) -> Replica:
        server = Replica(name, self._binary, self.folder, free_port())
        shutil.copytree(self.replicas[0].folder, server.folder, ignore=shutil.ignore_patterns("audit", "*.log", "*.sock"))
        self.others.append(server)
        return server

    def balance(self, replicas: list[Replica]) -> None:
        """Tells nginx to send requests to these alone, soon."""
        self._nginx.balance([replica.port for replica in replicas])

    def balance_now(self, replicas: list[Replica]) -> None:
        """The same, and waits until no worker of nginx has the list of before."""
        self._nginx.balance_now([replica.port for replica in replicas])

    def served(self) -> list[tuple[str, str, str]]:
        """Name of the replica, method and path of each request that came through nginx, in the order of their ends."""
        names = {f"127.0.0.1:{replica.port}": replica.name for replica in self.replicas}
        parts = self._nginx.served()
        return [(names[address], method, path) for address, method, path, *_ in parts if address in names]
