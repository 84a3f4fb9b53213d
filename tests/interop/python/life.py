"""The official Python SDK through the whole life of a login: refresh once the token has expired, step-up to a larger scope, and
a new login once everything was revoked."""

import asyncio
import time
from urllib.parse import urlsplit

import httpx2
from application import connected, login, metadata
from command_line import check_answer, parser, run
from memory import LoginMemory
from user import User

WITHIN = 2.0
"""Seconds after which a revoked token is refused by every process of the server."""
PATIENCE = 60
"""Seconds; more than the life of a token in these tests."""


class Server:
    """What the SDK has no call for, asked of the server, or of its processes, request by request."""

    def __init__(self, server: str, processes: list[str]) -> None:
        self._server = urlsplit(server)
        self._processes = [f"{process}{self._server.path}" for process in processes] or [server]
        self._http = httpx2.AsyncClient(timeout=30, headers={"Host": self._server.netloc})

    async def has_expired(self, token: str) -> None:
        await self._is_refused(self._processes[0], token, PATIENCE)

    async def revoke(self, token: str, client_id: str | None) -> None:
        """RFC 7009; every process refuses it soon."""
        form = {"token": token, "client_id": client_id}
        answer = await self._http.post(f"{self._server.scheme}://{self._server.netloc}/revoke", data=form)
        assert answer.status_code == 200, answer.text

    async def takes(self, token: str) -> bool:
        """Whether every process takes it, which then remembers it for a while."""
        return all([await self._status(process, token) != 401 for process in self._processes])

    async def is_refused_everywhere(self, token: str) -> None:
        for process in self._processes:
            await self._is_refused(process, token, WITHIN)

    async def _is_refused(self, address: str, token: str, seconds: float) -> None:
        """A request that begins within this time is refused."""
        since = time.monotonic()
        while time.monotonic() - since < seconds:
            if await self._status(address, token) == 401:
                return
            await asyncio.sleep(0.05)
        raise AssertionError(f"{address} takes the token after {seconds} s")

    async def _status(self, address: str, token: str) -> int:
        """401 for a token that is refused; otherwise the message is, which has nothing in it."""
        return (await self._http.post(address, json={}, headers={"Authorization": f"Bearer {token}"})).status_code


async def main() -> str:
    options_parser = parser(__doc__)
    options_parser.add_argument("--username", required=True)
    options_parser.add_argument("--password", required=True)
    options_parser.add_argument("--step-up", required=True, help="a tool that needs a larger scope")
    options_parser.add_argument(
        "--process", action="append", default=[], help="the address of one process of the server, of which there may be several"
    )
    options = options_parser.parse_args()
    memory, user = LoginMemory(), User(options.username, options.password)
    server = Server(options.server, options.process)
    provider = login(options.server, metadata(), memory, user)
    async with connected(options.server, provider, options.mode) as client:
        version = client.protocol_version

        async def answers(tool: str, visits: int) -> str:
            check_answer(await client.call_tool(tool, {}), options.expect)
            assert user.visits == visits, f"the user had to sign in {user.visits} times"
            return memory.tokens[-1].access_token

        expiring = await answers(options.tool, visits=1)
        narrow = scopes(memory)

        await server.has_expired(expiring)
        assert await answers(options.tool, visits=1) != expiring, "an expired token was taken"
        assert scopes(memory) == narrow, "the refresh changed the scope"

        stepped_up = await answers(options.step_up, visits=2)
        wide = scopes(memory)
        assert wide > narrow, f"{narrow}, then {wide}"
        assert memory.registration is not None and memory.tokens[-1].refresh_token is not None

        # It does not live long, and on a slow machine it may have ended meanwhile.
        while not await server.takes(stepped_up):
            stepped_up = await answers(options.step_up, visits=2)
        await server.revoke(memory.tokens[-1].refresh_token, memory.registration.client_id)
        await server.is_refused_everywhere(stepped_up)
        await answers(options.tool, visits=3)
    return f"protocol {version}: {sorted(narrow)}, refreshed, {sorted(wide)}, revoked, logged in again"


def scopes(memory: LoginMemory) -> set[str]:
    """Of the newest token."""
    return set((memory.tokens[-1].scope or "").split())


run(main())
