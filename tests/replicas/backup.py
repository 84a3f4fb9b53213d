"""Backing the store of logins up while servers run, losing it, and restoring it, as docs/operations.md says."""

import base64
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

from cluster import Cluster, Replica
from person import Person, name_in
from postgresql import programs

OTHER_KEY = base64.urlsafe_b64encode(bytes(range(1, 33))).decode()


class Logins:
    """Logins of every kind that a restored backup can meet."""

    def __init__(self, person: Person, login: str, address: str) -> None:
        self._person, self._login, self._address = person, login, address

    async def before_the_backup(self) -> None:
        self.kept, self.revoked, self.rotated = [await self._person.log_in(self._login) for _ in range(3)]
        for tokens in (self.kept, self.revoked, self.rotated):
            assert await self._status(tokens) == 200

    async def after_the_backup(self) -> None:
        await self._person.revoke(self._address, self.revoked["refresh_token"])
        assert await self._status(self.revoked) == 401
        self.successor = await self._refresh(self.rotated)
        assert await self._status(self.successor) == 200
        self.late = await self._person.log_in(self._login)

    async def after_the_restore(self) -> None:
        """What was there comes back, what came later is unknown."""
        assert await self._status(self.kept) == 200
        assert await self._status(await self._refresh(self.kept)) == 200
        assert await self._status(self.revoked) == 200, "a revocation came with a backup that is older"
        for tokens in (self.successor, self.late):
            assert await self._status(tokens) == 401
            answer = await self._person.refresh(self._address, tokens["refresh_token"])
            assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant"), answer.text
        assert await self._status(await self._person.log_in(self._login)) == 200

    async def _refresh(self, tokens: dict[str, Any]) -> dict[str, Any]:
        answer = await self._person.refresh(self._address, tokens["refresh_token"])
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def _status(self, tokens: dict[str, Any]) -> int:
        answer = await self._person.call(self._address, tokens["access_token"])
        if answer.status_code == 200:
            assert name_in(answer) == "testuser"
        return answer.status_code


def run(*command: str | Path, user: str | None = None) -> None:
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, user=user)
    assert done.returncode == 0, f"{command}: {done.stderr}"


def change_key(server: Replica, key: str | None) -> None:
    """Configures another key, or none."""
    path = server.folder / "config.yml"
    settings = json.loads(path.read_text())
    persistence = settings["projects"]["replicas"]["profiles"]["default"]["auth"]["persistence"]
    persistence.pop("auth_encryption_key", None)
    if key is not None:
        persistence["auth_encryption_key"] = key
    path.write_text(json.dumps(settings, indent=1))


async def an_sqlite_backup_is_restored_with_its_key(cluster: Cluster) -> str:
    server, host = cluster.single("backup")
    server.start()
    logins = Logins(Person(host), f"http://{host}", f"http://127.0.0.1:{server.port}")
    await logins.before_the_backup()
    database, key = server.folder / "oauth.db", server.folder / "oauth.db.key"
    backup = server.folder / "backup"
    backup.mkdir()
    run("sqlite3", database, f".backup {backup / 'oauth.db'}")
    shutil.copy2(key, backup)
    await logins.after_the_backup()

    # The machine is lost; what lies beside the database must not be mixed with the backup.
    server.kill()
    for path in server.folder.glob("oauth.db*"):
        path.unlink()
    shutil.copy2(backup / "oauth.db", database)
    said = server.start_and_fail()
    assert f"{database} was filled with a key, but its key file {key} is not there" in said, said
    assert not key.exists(), "a key was made up for a database that has one"
    shutil.copy2(backup / "oauth.db.key", key)
    server.start()
    await logins.after_the_restore()
    assert server.stop() == 0, server.log()
    assert database.stat().st_mode & 0o777 == 0o600
    return "copied while the server ran; refused without its key, and as it was with it"


async def a_postgresql_backup_is_restored_with_its_key(cluster: Cluster) -> str:
    one, two = cluster.replicas
    logins = Logins(Person(cluster.host), cluster.url, f"http://127.0.0.1:{two.port}")
    await logins.before_the_backup()
    dump = cluster.folder / "dump.sql"
    with dump.open("wb") as file:
        command = [programs() / "pg_dump", "--clean", "--if-exists", cluster.database.url]
        subprocess.run(command, check=True, stdout=file, stdin=subprocess.DEVNULL)
    await logins.after_the_backup()

    for replica in cluster.replicas:
        assert replica.stop() == 0, replica.log()
    restore = ["-X", "-q", "--set", "ON_ERROR_STOP=1", "--single-transaction", "-f", dump, cluster.database.url]
    run(programs() / "psql", *restore)
    for key, message in (
        (None, "auth_encryption_key is missing"),
        (OTHER_KEY, "wrong key: the database was filled with key "),
    ):
        change_key(one, key)
        said = one.start_and_fail()
        assert message in said, said
    change_key(one, cluster.key)
    for replica in cluster.replicas:
        replica.start()
    await logins.after_the_restore()
    return "dumped while both replicas ran; refused without its key and with another one, and as it was with it"


BACKUPS = [
    an_sqlite_backup_is_restored_with_its_key,
    a_postgresql_backup_is_restored_with_its_key,
]
