"""What must hold with two replicas while the identity provider is out of order and one of them is killed. Each function is one
check and returns a line."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any

import httpx2
from checks import until
from cluster import Cluster, Replica
from person import Person, name_in
from upstream import CLIENT, MOODS, Upstream

USERS = 4
NOT_NOW = ("temporarily_unavailable", "server_error")
"""What a client is told that somebody logs in for: the second one where the provider answers with something else than it must."""


@dataclass
class User:
    """Somebody who logged in once, and whose client goes on as clients do: it asks again when it is not answered."""

    name: str
    person: Person
    replicas: list[Replica]
    access: str = ""
    refresh: str = ""
    refreshed: int = 0
    called: int = 0
    told_to_wait: list[str] = field(default_factory=list)

    @classmethod
    async def log_in(cls, number: int, cluster: Cluster, replicas: list[Replica]) -> "User":
        user = cls(f"user-{number}", Person(cluster.host, keeps_connections=False), replicas)
        user.keep(await user.person.log_in(cluster.url))
        return user

    def keep(self, tokens: dict[str, Any]) -> None:
        self.access, self.refresh = tokens["access_token"], tokens["refresh_token"]

    async def go_on(self) -> None:
        """Refreshes and calls at one replica after the other, until it is cancelled."""
        for replica in cycle(self.replicas):
            address = f"http://127.0.0.1:{replica.port}"
            try:
                if await self.try_to_refresh(address):
                    self.refreshed += 1
                await self.try_to_call(address)
                self.called += 1
            except httpx2.TransportError:
                pass  # the replica was killed: the other one is asked the same
            await asyncio.sleep(0.05)

    async def try_to_refresh(self, address: str) -> bool:
        answer = await self.person.refresh(address, self.refresh)
        if answer.status_code == 503:
            assert answer.json()["error"] == "temporarily_unavailable" and int(answer.headers["retry-after"]) >= 1
            return False
        assert answer.status_code == 200, f"{self.name} was logged out: {answer.status_code} {answer.text}"
        self.keep(answer.json())
        return True

    async def try_to_call(self, address: str) -> None:
        """Calls that need nothing of the provider are answered whatever becomes of it; others may be told to wait."""
        answer = await self.person.call(address, self.access)
        assert name_in(answer) == self.name
        answer = await self.person.call(address, self.access, "upstream")
        assert answer.status_code == 200, f"{self.name}: {answer.status_code} {answer.text}"
        result = answer.json()["result"]
        if result.get("isError"):
            self.told_to_wait.append(result["content"][0]["text"])

    async def digest(self, address: str) -> str | None:
        """The digest of the token that SQL gets, if it gets one."""
        answer = await self.person.call(address, self.access, "upstream")
        return answer.json()["result"].get("structuredContent", {}).get("digest")


@asynccontextmanager
async def logged_in(cluster: Cluster, name: str) -> AsyncIterator[tuple[Upstream, list[Replica], list[User]]]:
    """Two replicas whose users log in at a provider, and some who did."""
    upstream = Upstream()
    provider = {
        "client_id": CLIENT[0],
        "client_secret": CLIENT[1],
        "scope": "openid",
        "config_url": f"{upstream.issuer}/.well-known/openid-configuration",
        "provider_name": "acme",
    }
    replicas = cluster.pair(name, {"provider": "oidc", "oidc": provider})
    try:
        for replica in replicas:
            replica.start()
        await asyncio.to_thread(cluster.balance_now, replicas)
        yield upstream, replicas, [await User.log_in(number + 1, cluster, replicas) for number in range(USERS)]
        for replica in replicas:
            assert replica.stop() == 0, replica.log()
    finally:
        upstream.feel("good")
        for replica in replicas:
            replica.kill()
        await asyncio.to_thread(cluster.balance_now, cluster.replicas)


def ends(replicas: list[Replica]) -> list[dict[str, Any]]:
    """The records of logins that ended."""
    return [record for replica in replicas for record in replica.done("token_revoked")]


async def through_an_outage(mood: str, cluster: Cluster, upstream: Upstream, replicas: list[Replica], users: list[User]) -> None:
    """The provider fails in this way, and a replica dies while it asks."""
    clients = [asyncio.create_task(user.go_on()) for user in users]

    async def all_went_on() -> bool:
        for client in clients:
            if client.done():
                client.result()
        return all(user.refreshed > before for user, before in zip(users, refreshed, strict=True))

    async def has_met_somebody() -> bool:
        return mood == "down" or upstream.met > 0

    try:
        upstream.feel(mood)
        for dying in replicas:
            refreshed = [user.refreshed for user in users]
            await until(f"the provider is {mood}, and somebody asks it", has_met_somebody)
            await asyncio.to_thread(dying.kill)
            await until(f"everybody goes on without {dying.name} while the provider is {mood}", all_went_on)
            await asyncio.to_thread(dying.start)
        newcomer = Person(cluster.host, keeps_connections=False)
        await newcomer.register(cluster.url)
        told = await newcomer.callback(cluster.url, secrets.token_urlsafe(48))
        assert told.get("error") in NOT_NOW and "code" not in told, told
        refreshed = [user.refreshed for user in users]
        await until(f"everybody goes on while the provider is {mood}", all_went_on)
    finally:
        upstream.feel("good")
        for client in clients:
            client.cancel()
        await asyncio.wait(clients)
    for client in clients:
        assert client.cancelled(), client.exception()


async def a_provider_that_fails_logs_nobody_out(cluster: Cluster) -> str:
    """Slow, refused, nonsense with status 200, half an answer, status 500: each while both replicas are killed in turn."""
    async with logged_in(cluster, "outages") as (upstream, replicas, users):
        for mood in MOODS:
            await through_an_outage(mood, cluster, upstream, replicas, users)
            for user in users:
                for replica in replicas:
                    address = f"http://127.0.0.1:{replica.port}"

                    async def has_its_token(user: User = user, address: str = address) -> bool:
                        return await user.digest(address) == upstream.newest(user.name)

                    assert await user.try_to_refresh(address)
                    await until(f"{user.name} has the newest token after the provider was {mood}", has_its_token)
        assert not upstream.repeated, f"refresh tokens were spent twice for {upstream.repeated}"
        assert not ends(replicas), ends(replicas)
        waits = {text for user in users for text in user.told_to_wait}
        assert all(text.endswith("try again") for text in waits), waits
        assert sum(len(user.told_to_wait) for user in users) > 0, "no call waited for the provider"
        numbers = [sum(user.refreshed for user in users), sum(user.called for user in users)]
        numbers.append(sum(len(user.told_to_wait) for user in users))
        counts = "{} refreshes, {} calls, {} of them told to wait".format(*numbers)
    return f"{len(MOODS)} outages with two kills each, {counts}, nobody logged in again, no refresh token was spent twice"


async def an_answer_that_is_lost_costs_a_login_at_a_strict_provider_alone(cluster: Cluster) -> str:
    """A replica dies between what the provider did and its answer, so that nobody has the new refresh token. The next one asks with
    the old one: who bears that goes on, and with a strict provider the login ends, once, and says why."""
    async with logged_in(cluster, "answers") as (upstream, replicas, users):
        dying, staying = replicas
        here, there = (f"http://127.0.0.1:{replica.port}" for replica in replicas)
        lenient, strict, *others = users
        upstream.bears_repetition_of = {lenient.name}
        before = {user.name: upstream.newest(user.name) for user in users}
        upstream.feel("lost")
        asking = [asyncio.create_task(user.person.refresh(here, user.refresh)) for user in (lenient, strict)]

        async def has_done_it() -> bool:
            return all(upstream.newest(user.name) != before[user.name] for user in (lenient, strict))

        await until("the provider gave new tokens to nobody", has_done_it)
        await asyncio.to_thread(dying.kill)
        for answer in await asyncio.gather(*asking, return_exceptions=True):
            assert isinstance(answer, httpx2.TransportError), f"it answered before it was killed: {answer}"
        upstream.feel("good")

        async def has_its_token() -> bool:
            assert await lenient.try_to_refresh(there)
            return await lenient.digest(there) == upstream.newest(lenient.name)

        async def is_told() -> bool:
            answer = await strict.person.refresh(there, strict.refresh)
            if answer.status_code == 200:
                strict.keep(answer.json())
                return False
            assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant"), answer.text
            return True

        took = await until("the login ends at the strict provider", is_told)
        await until("the other one goes on", has_its_token)
        assert (await strict.person.call(there, strict.access)).status_code == 401
        await asyncio.to_thread(dying.start)
        for user in others:
            assert await user.try_to_refresh(here)
        assert sorted(upstream.repeated) == [lenient.name, strict.name]
        ended = [(record["user_id"], record["input_data"]["reason"]) for record in ends(replicas)]
        assert ended == [(strict.name, "upstream_ended")], ended
    return f"the one login went on, the other ended with its reason {took:.0f} s after the kill"


OUTAGES = [a_provider_that_fails_logs_nobody_out, an_answer_that_is_lost_costs_a_login_at_a_strict_provider_alone]
