"""Starts two replicas and runs the checks, then the SDKs' clients, against them.

    main.py BINARY NODE [CHECK...]

The last line says how many passed and how many failed. It needs `tests/canaries` on the module path.
"""

import asyncio
import subprocess
import sys
import traceback
from pathlib import Path

from backup import BACKUPS
from checks import CHECKS
from cluster import PATIENCE, Cluster, Replica, eventually
from outages import OUTAGES

INTEROP = Path(__file__).parent.parent / "interop"
CALL = [
    "--tool", "whoami", "--username", "testuser", "--password", "testpass", "--expect", "testuser", "--without-notes",
]  # fmt: skip


def sdk_clients(node: str) -> dict[str, list[str]]:
    """The same programs that log in to a single server."""
    python = [sys.executable, str(INTEROP / "python" / "login.py")]
    return {
        "python modern": [*python, "--mode", "auto", "--client-authentication", "none"],
        "python legacy": [*python, "--mode", "legacy", "--client-authentication", "client_secret_post"],
        "typescript v1": [node, str(INTEROP / "typescript-v1" / "login.mjs"), "--client-authentication", "none"],
        "typescript v2 modern": [
            node, str(INTEROP / "typescript-v2" / "login.mjs"), "--mode", "modern", "--client-authentication", "none",
        ],
        "typescript v2 legacy": [
            node, str(INTEROP / "typescript-v2" / "login.mjs"), "--mode", "legacy",
            "--client-authentication", "client_secret_post",
        ],
    }  # fmt: skip


def run_client(cluster: Cluster, command: list[str]) -> str:
    """One client's login, calls and refresh, with both replicas at work on them."""
    before = {replica.name: len(replica.records()) for replica in cluster.replicas}

    def written(replica: Replica) -> int:
        return len(replica.records()) - before[replica.name]

    program = [*command[:2], f"{cluster.url}/mcp", *CALL, *command[2:]]
    done = subprocess.run(program, capture_output=True, text=True, timeout=PATIENCE, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stdout + done.stderr
    # Records are written soon after the answers.
    counts = {
        replica.name: eventually(f"replica {replica.name} did its part", lambda replica=replica: written(replica))
        for replica in cluster.replicas
    }
    return f"{done.stdout.strip()}; records: {counts}"


def main() -> None:
    binary, node, *chosen = sys.argv[1:]
    passed = failed = 0
    with Cluster(str(Path(binary).resolve())) as cluster:
        tasks = {check.__name__.replace("_", " "): check for check in [*CHECKS, *BACKUPS, *OUTAGES]}
        tasks |= {f"sdk {name}": command for name, command in sdk_clients(node).items()}
        for name, task in tasks.items():
            if chosen and not any(part in name for part in chosen):
                continue
            try:
                is_program = isinstance(task, list)
                told = run_client(cluster, task) if is_program else asyncio.run(task(cluster))
                passed += 1
                print(f"ok      {name}: {told}", flush=True)
            except Exception:
                failed += 1
                print(f"FAILED  {name}\n{traceback.format_exc()}", flush=True)
                for replica in [*cluster.replicas, *cluster.others]:
                    print(f"--- {replica.name}\n{replica.log()}", flush=True)
    print(passed, failed)
    sys.exit(0 if failed == 0 and passed > 0 else 1)


main()
