"""The SDKs' clients against the replicas, and against a server that keeps its logins in an SQLite file."""

import os
import subprocess
import sys
from pathlib import Path

from cluster import Cluster, Replica
from waiting import PATIENCE, eventually

INTEROP = Path(__file__).parent.parent / "interop"
CALL = ["--tool", "whoami", "--username", "testuser", "--password", "testpass", "--expect", "testuser"]
PUBLIC, SECRET = ["--client-authentication", "none"], ["--client-authentication", "client_secret_post"]
KINDS = {
    "python modern": ("python", "auto", PUBLIC),
    "python legacy": ("python", "legacy", SECRET),
    "typescript v1": ("typescript-v1", "legacy", PUBLIC),
    "typescript v2 modern": ("typescript-v2", "modern", PUBLIC),
    "typescript v2 legacy": ("typescript-v2", "legacy", SECRET),
}
"""Which SDK, which era, and how the client authenticates where it may choose."""


class SdkClients:
    """The programs that log in to a single server, too."""

    def __init__(self, node: str) -> None:
        self._node = node

    def logs_in(self, cluster: Cluster, kind: str) -> str:
        """One client's login, calls and refresh, with both replicas at work on them."""
        sdk, mode, authentication = KINDS[kind]
        before = {replica.name: len(replica.records()) for replica in cluster.replicas}

        def written(replica: Replica) -> int:
            return len(replica.records()) - before[replica.name]

        told = self._run(cluster, sdk, "login", cluster.url, "--mode", mode, "--without-notes", *authentication)
        # Records are written soon after the answers.
        counts = {
            replica.name: eventually(f"replica {replica.name} did its part", lambda replica=replica: written(replica))
            for replica in cluster.replicas
        }
        return f"{told}; records: {counts}"

    def lives_on_replicas(self, cluster: Cluster, kind: str) -> str:
        """One client's life. What it revokes is refused by each replica."""
        sdk, mode, _ = KINDS[kind]
        processes = [f"--process=http://127.0.0.1:{replica.port}" for replica in cluster.replicas]
        return self._run(cluster, sdk, "life", cluster.url, "--mode", mode, "--step-up", "remember", *processes)

    def lives_on_sqlite(self, cluster: Cluster, kind: str) -> str:
        """The same with a server of one process, which is asked without a proxy."""
        server, host = cluster.single(f"single-{kind.replace(' ', '-')}")
        server.start()
        sdk, mode, _ = KINDS[kind]
        told = self._run(cluster, sdk, "life", f"http://{host}", "--mode", mode, "--step-up", "remember")
        assert server.stop() == 0, server.log()
        return told

    def _run(self, cluster: Cluster, sdk: str, name: str, url: str, *more: str) -> str:
        """The line that the program prints."""
        program = [sys.executable, INTEROP / sdk / f"{name}.py"] if sdk == "python" else [self._node, INTEROP / sdk / f"{name}.mjs"]
        environment = os.environ | (cluster.authority.believed() if cluster.authority else {})
        command = [*program, f"{url}/mcp", *CALL, *more]
        quiet = {"capture_output": True, "text": True, "stdin": subprocess.DEVNULL}
        done = subprocess.run(command, timeout=PATIENCE, env=environment, **quiet)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip()
