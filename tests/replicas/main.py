"""Starts two replicas and runs the checks, then the SDKs' clients, against them; then two replicas that keep no sessions, and
two whose tokens end soon, behind TLS.

    main.py BINARY NODE [CHECK...]

The last line says how many passed and how many failed. It needs `tests/canaries` on the module path.
"""

import asyncio
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

from backup import BACKUPS
from checks import CHECKS
from clients import KINDS, SdkClients
from cluster import Cluster, Kind
from crowds import CROWDS
from outages import OUTAGES
from stateless import STATELESS

TASKS = dict[str, Callable[[Cluster], str]]
TOKENS_END_SOON = 6
"""Seconds: longer than a client takes for a refresh and the call after it, and so short that a test can wait for it."""


def checks(of: list[Callable[[Cluster], object]]) -> TASKS:
    return {check.__name__.replace("_", " "): lambda cluster, check=check: asyncio.run(check(cluster)) for check in of}


def clients(name: str, does: Callable[[Cluster, str], str]) -> TASKS:
    return {f"{name} {kind}": lambda cluster, kind=kind: does(cluster, kind) for kind in KINDS}


def run(cluster: Cluster, name: str, task: Callable[[Cluster], str]) -> bool:
    try:
        print(f"ok      {name}: {task(cluster)}", flush=True)
        return True
    except Exception:
        print(f"FAILED  {name}\n{traceback.format_exc()}", flush=True)
        for server in [*cluster.replicas, *cluster.others]:
            print(f"--- {server.name}\n{server.log()}", flush=True)
        return False


def main() -> None:
    binary, node, *chosen = sys.argv[1:]
    binary, sdk = str(Path(binary).resolve()), SdkClients(node)
    plain = checks([*CHECKS, *CROWDS, *BACKUPS, *OUTAGES]) | clients("sdk", sdk.logs_in)
    stateless = checks(STATELESS) | clients("stateless sdk", sdk.logs_in)
    lives = clients("life on replicas", sdk.lives_on_replicas) | clients("life on sqlite", sdk.lives_on_sqlite)
    results = []
    for kind, tasks in {
        Kind(): plain,
        Kind(flags=("--stateless",)): stateless,
        Kind(access_token_ttl=TOKENS_END_SOON, tls=True): lives,
    }.items():
        wanted = {name: task for name, task in tasks.items() if not chosen or any(part in name for part in chosen)}
        if wanted:
            with Cluster(binary, kind) as cluster:
                results += [run(cluster, name, task) for name, task in wanted.items()]
    print(results.count(True), results.count(False))
    sys.exit(0 if results and all(results) else 1)


main()
