"""Canaries: what the clients of these suites and the stand-ins of providers hold, and what must turn up nowhere else. Each is
written down as it comes, so that `search.py` can look for all of them afterwards in what the servers left behind."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

EVIDENCE = ("*.log", "*.jsonl", "*.db", "*.db-wal", "*.dump", "*.answers")
"""What is searched: logs, audit records, stores, and answers to operators and to whoever makes mistakes."""

KEYS = "*.db.key"
"""What the servers themselves made to seal a store with, in a file beside it."""

SHORTEST = 8
"""Shorter texts turn up by chance."""


def remember(kind: str, *values: str | None) -> None:
    """Writes down secrets of a kind, a line each; nothing where nobody will search. Programs that run at once share the file."""
    file = os.environ.get("CANARY_FILE")
    if not file:
        return
    found = [value for value in values if value]
    assert all(len(value) >= SHORTEST for value in found), f"too short to be searched for, of the kind {kind}"
    lines = "".join(json.dumps({"kind": kind, "value": value}) + "\n" for value in found)
    with open(file, "a", buffering=len(lines) + 1) as canaries:
        canaries.write(lines)


def remember_tokens(answer: dict[str, Any]) -> None:
    """The same for what a token endpoint or a registration answered."""
    for kind in ("access_token", "refresh_token", "id_token", "client_secret"):
        remember(kind, answer.get(kind))


def keep(folder: Path) -> None:
    """Copies what servers left in a folder to where it will be searched, before the folder is removed."""
    kept = os.environ.get("EVIDENCE_FOLDER")
    if not kept:
        return
    for pattern in (*EVIDENCE, KEYS):
        for path in folder.rglob(pattern):
            copy = Path(kept) / folder.name / path.relative_to(folder)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
