"""Searches what the servers of the external suites left behind for every secret that their clients and providers held.

    search.py FOLDER CANARIES SUITE...

Looks for each secret as it is, escaped, in base64 and in hexadecimal digits, whole and in parts, first where it was planted:
a search that finds nothing there finds nothing anywhere. A secret is named by its kind and never printed. The last line says how many
checks passed and how many failed.
"""

import base64
import json
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from urllib.parse import quote, quote_plus

from canaries import EVIDENCE, KEYS

LONG = 40
"""From so many characters on, half of a secret is one, too."""

OF_A_LOGIN = {"password", "cookie", "form", "code", "access_token", "refresh_token"}
OF_SUITES = {
    "authorization": {"password", "cookie", "form", "code"},
    "login": OF_A_LOGIN | {"client_secret", "code_verifier", "sealing_key"},
    "pages": {"password", "cookie", "code", "code_verifier", "access_token"},
    "documents": OF_A_LOGIN,
    "machines": {"client_secret", "access_token"},
    "enterprise": {"identity_token", "assertion", "client_secret", "access_token"},
    "github": OF_A_LOGIN - {"password"} | {"upstream", "sealing_key"},
    "oidc": OF_A_LOGIN | {"upstream_access_token", "upstream_refresh_token", "upstream_code", "upstream_state"},
    "replicas": OF_A_LOGIN | {"code_verifier", "sealing_key"},
}
"""Kinds of secrets that each suite must have come across."""

Form = tuple[str, bytes]


def in_base64(value: bytes) -> list[Form]:
    """What is the same whatever stands before and behind, in both alphabets."""
    forms: list[Form] = []
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + value)
        # Characters that hold bits of a neighbour are left out.
        core = encoded[(0, 2, 3)[before] : (before + len(value)) * 8 // 6]
        forms += [("base64", core), ("base64", core.translate(bytes.maketrans(b"+/", b"-_")))]
    return forms


def forms(value: str) -> list[Form]:
    """How a secret may look in a file."""
    whole = value.encode()
    found: list[Form] = [
        ("itself", whole),
        ("JSON", json.dumps(value)[1:-1].encode()),
        ("percent-encoding", quote(value, safe="").encode()),
        ("percent-encoding", quote(value).encode()),
        ("percent-encoding", quote_plus(value).encode()),
        ("hexadecimal digits", whole.hex().encode()),
        ("hexadecimal digits", whole.hex().upper().encode()),
        *in_base64(whole),
    ]
    if len(whole) >= LONG:
        found += [("its first half", whole[: len(whole) // 2]), ("its second half", whole[len(whole) // 2 :])]
    if value.count(".") == 2 and value.startswith("eyJ"):
        found += [("a part of it", part.encode()) for part in value.split(".")[1:]]
    return found


class Search:
    """Finds secrets in files."""

    def __init__(self, canaries: list[tuple[str, str]]) -> None:
        self._kinds: dict[bytes, str] = {}
        for kind, value in canaries:
            for form, text in forms(value):
                self._kinds.setdefault(text, f"{kind} as {form}")

    def found(self, files: list[Path]) -> list[str]:
        """Where something was found, and what kind of secret it is."""
        with tempfile.NamedTemporaryFile() as patterns:
            patterns.write(b"\n".join(self._kinds))
            patterns.flush()
            command = ["grep", "-F", "-a", "-o", "-H", "-n", "-Z", "-f", patterns.name, "--", *map(str, files)]
            ran = subprocess.run(command, capture_output=True, env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"})
        assert ran.returncode in (0, 1), ran.stderr.decode()
        told = []
        for line in ran.stdout.splitlines():
            file, _, rest = line.partition(b"\0")
            number, _, text = rest.partition(b":")
            told.append(f"{file.decode()}:{number.decode()}: {self._kinds[text]}")
        return told


def check_the_search(canaries: list[tuple[str, str]]) -> str:
    """Plants one secret of each kind in each form, a file each, and finds all of them."""
    planted = 0
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for kind, value in dict(canaries).items():
            for form, text in forms(value):
                file = Path(folder) / f"{planted}.log"
                file.write_bytes(b"[2026-01-01 DEBUG] an innocent line\n[2026-01-01 DEBUG] got " + text + b" from a client\n")
                files.append(file)
                planted += 1
        hits = Search(canaries).found(files)
        missed = {str(file) for file in files} - {hit.split(":")[0] for hit in hits}
        assert not missed, f"{len(missed)} of {planted} planted secrets were not found"
        innocent = Path(folder) / "innocent.log"
        innocent.write_bytes(b"[2026-01-01 DEBUG] an innocent line\n")
        assert not Search(canaries).found([innocent]), "something was found where nothing is"
    return f"{planted} planted secrets were found"


def check_the_canaries(canaries: list[tuple[str, str]], suites: list[str]) -> str:
    """Every suite has come across what it must have come across."""
    kinds = Counter(kind for kind, _ in canaries)
    missing = set().union(*(OF_SUITES.get(suite, set()) for suite in suites)) - kinds.keys()
    assert not missing, f"nobody wrote down any {', '.join(sorted(missing))}"
    return ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))


def check_the_evidence(files: list[Path], suites: list[str]) -> str:
    """There is something to search, as talkative as it can be."""
    texts = {path: path.read_bytes() for path in files}
    has_postgresql = not {"github", "replicas"}.isdisjoint(suites)
    for needed, why in {
        b"\nCOPY public.grants" if has_postgresql else b"": "no PostgreSQL was dumped",
        b" DEBUG] ": "no log was written at debug level",
        b'"operation_type":"auth"': "no record of a login was kept",
        b"mxcp_": "no operator was answered",
        b'"error"': "nobody was refused",
    }.items():
        assert any(needed in text for text in texts.values()), why
    return f"{len(files)} files, {sum(map(len, texts.values()))} bytes"


def check_the_files(canaries: list[tuple[str, str]], files: list[Path]) -> str:
    """No secret is where it must not be."""
    found = Search(canaries).found(files)
    assert not found, "secrets are in these files:\n" + "\n".join(sorted(set(found))[:100])
    return "no secret is in any of them"


def main() -> None:
    folder, file, *suites = sys.argv[1:]
    lines = [json.loads(line) for line in Path(file).read_text().splitlines()]
    keys = {("sealing_key", path.read_text().strip()) for path in Path(folder).rglob(KEYS)}
    canaries = sorted({(line["kind"], line["value"]) for line in lines} | keys)
    files = sorted({path for pattern in EVIDENCE for path in Path(folder).rglob(pattern) if path.is_file()})
    checks = {
        "the search": lambda: check_the_search(canaries),
        "the canaries": lambda: check_the_canaries(canaries, suites),
        "the evidence": lambda: check_the_evidence(files, suites),
        "the files": lambda: check_the_files(canaries, files),
    }
    failed = 0
    for name, check in checks.items():
        try:
            print(f"ok      {name}: {check()}", flush=True)
        except AssertionError as error:
            failed += 1
            print(f"FAILED  {name}: {error}", flush=True)
    print(len(checks) - failed, failed)
    sys.exit(0 if failed == 0 else 1)


main()
