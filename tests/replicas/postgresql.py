"""A PostgreSQL server of the test's own: in a folder, on a Unix socket, gone with the test."""

import os
import pwd
import shutil
import subprocess
from pathlib import Path

OPTIONS = "-c fsync=off -c max_connections=100 -c listen_addresses=''"
"""Nothing here has to survive a power failure, but what was committed survives a crash of the server."""


def programs() -> Path:
    """The folder of the newest installed version; Debian keeps the server's programs off the path."""
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    assert installed, "PostgreSQL is missing: install the Debian package postgresql"
    return installed[-1]


class PostgreSQL:
    """The server; `url` is that of an empty database."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "postgresql"
        self._folder.mkdir(mode=0o700)
        # The server refuses to run as root: its own account instead.
        self._user = "postgres" if os.geteuid() == 0 else None
        if self._user:
            account = pwd.getpwnam(self._user)
            os.chown(self._folder, account.pw_uid, account.pw_gid)
        self.url = f"postgresql:///postgres?host={self._folder}&user=postgres&connect_timeout=60"
        self._run("initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")

    def start(self) -> None:
        options = f"{OPTIONS} -k {self._folder}"
        self._run("pg_ctl", "-w", "-s", "-l", str(self._folder / "log"), "-o", options, "start")

    def stop(self) -> None:
        """As a crash would: nobody is said goodbye to."""
        self._run("pg_ctl", "-w", "-s", "-m", "immediate", "stop")

    def query(self, sql: str) -> str:
        command = [programs() / "psql", "-XAtq", "-U", "postgres", "-h", self._folder, "-c", sql]
        return subprocess.run(command, check=True, capture_output=True, text=True, user=self._user).stdout.strip()

    def lock(self, table: str) -> "subprocess.Popen[bytes]":
        """Lets nobody write to a table until it is released; reading goes on. Returns once the table is locked."""
        command = [programs() / "psql", "-XAtq", "-U", "postgres", "-h", self._folder]
        holder = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, user=self._user)
        assert holder.stdin is not None
        holder.stdin.write(f"BEGIN; LOCK TABLE {table} IN EXCLUSIVE MODE;\n".encode())
        holder.stdin.flush()
        held = f"SELECT count(*) FROM pg_locks WHERE relation = '{table}'::regclass AND mode = 'ExclusiveLock' AND granted"
        while self.query(held) == "0":
            assert holder.poll() is None, f"{table} could not be locked"
        return holder

    def release(self, holder: "subprocess.Popen[bytes]") -> None:
        """Ends the transaction that holds a lock."""
        holder.communicate(b"COMMIT;\n", timeout=120)

    def dump(self, file: Path) -> None:
        """Writes down everything that it holds; nothing if it does not run."""
        with file.open("wb") as written:
            command = [programs() / "pg_dumpall", "-U", "postgres", "-h", self._folder]
            subprocess.run(command, stdout=written, stderr=subprocess.DEVNULL, user=self._user)

    def remove(self) -> None:
        try:
            self.stop()
        except subprocess.CalledProcessError:
            pass  # it was not running
        shutil.rmtree(self._folder, ignore_errors=True)

    def _run(self, program: str, *arguments: str) -> None:
        command = [programs() / program, "-D", self._folder / "data", *arguments]
        quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        subprocess.run(command, check=True, cwd="/", user=self._user, **quiet)
