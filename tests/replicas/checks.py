"""What must hold with two replicas that none of them could keep alone. Each function is one check and returns a line."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from itertools import pairwise
from typing import Any

import httpx2
from cluster import Cluster, Replica
from person import Person, name_in
from waiting import PATIENCE, eventually

WITHIN = 2.0
"""Seconds after which what was revoked is refused everywhere, in the worst case."""
AT_ONCE = 0.5
"""Seconds within which replicas tell each other. A cache alone would take up to a whole one."""
TURNS = 10
"""How often a time is measured until it is good: a machine that does much else needs a turn in which it does not."""


async def until(what: str, is_so: Callable[[], Awaitable[bool]]) -> float:
    """Asks until it is so, and says how long that took."""
    began = time.monotonic()
    while not await is_so():
        assert time.monotonic() - began < PATIENCE, f"{what}: not within {PATIENCE} s"
        await asyncio.sleep(0.01)
    return time.monotonic() - began


async def within(what: str, seconds: float, measure: Callable[[], Awaitable[float]]) -> float:
    """Measures until the time is good."""
    took = []
    while len(took) < TURNS:
        took.append(await measure())
        if took[-1] < seconds:
            return took[-1]
    raise AssertionError(f"{what}: never within {seconds} s, but {took}")


def addresses(cluster: Cluster) -> tuple[str, str]:
    one, two = cluster.replicas
    return f"http://127.0.0.1:{one.port}", f"http://127.0.0.1:{two.port}"


async def each_step_on_the_other_replica(cluster: Cluster) -> str:
    """A whole login, twice: it begins on either replica, so that every step is once here and once there."""
    events = ["client_registered", "login_succeeded", "consent_given", "token_issued", "whoami", "token_refreshed"]
    began = len(cluster.served())
    orders = []
    for address in addresses(cluster):
        person = Person(cluster.host)
        before = {replica.name: len(replica.records()) for replica in cluster.replicas}
        while await process(person, cluster.url) != await process(person, address):
            pass
        tokens = await person.log_in(cluster.url)
        assert name_in(await person.call(cluster.url, tokens["access_token"])) == "testuser"
        refreshed = await person.refresh(cluster.url, tokens["refresh_token"])
        assert refreshed.status_code == 200, refreshed.text
        token = refreshed.json()["access_token"]
        assert name_in(await person.call(cluster.url, token)) == "testuser"
        await person.revoke(cluster.url, token)
        await until("refused", refused(person, cluster.url, token))
        # Records are written soon after the answers.
        wrote = {event: lambda event=event, before=before: servers(cluster, before, event) for event in events}
        orders.append({event: eventually(event, written) for event, written in wrote.items()})
    served = [name for name, _, _ in cluster.served()[began:]]
    assert all(one != other for one, other in pairwise(served)), f"requests did not alternate: {served}"
    for event in events:
        first, second = orders[0][event], orders[1][event]
        assert first and second and first[0] != second[0], f"{event}: {first}, then {second}"
    return f"{len(served)} requests alternated, each of {len(events)} kinds of events happened on both replicas"


async def process(person: Person, address: str) -> str:
    """Which process answers there now: the names of its requests begin with a number of its own."""
    answer = await person.http.get(f"{address}/health")
    return answer.headers["x-request-id"].split("-")[0]


def servers(cluster: Cluster, before: dict[str, int], event: str) -> list[str]:
    """Which replicas wrote an event since then, oldest first. The record itself says who wrote it."""
    written = []
    for replica in cluster.replicas:
        records = replica.records()
        assert len({record["instance_id"] for record in records}) >= 1
        new = records[before[replica.name] :]
        written += [(record["timestamp"], replica.name) for record in new if record["operation_name"] == event]
    return [name for _, name in sorted(written)]


def refused(person: Person, address: str, token: str) -> Callable[[], Awaitable[bool]]:
    async def is_refused() -> bool:
        return (await person.call(address, token)).status_code == 401

    return is_refused


async def a_revocation_shows_on_the_other_replica(cluster: Cluster) -> str:
    one, two = addresses(cluster)
    person = Person(cluster.host)
    took = []
    for what in ("access_token", "refresh_token"):
        for here, there in ((one, two), (two, one)):

            async def revoked(what: str = what, here: str = here, there: str = there) -> float:
                tokens = await person.log_in(cluster.url)
                # Verified there a moment ago, so that it is in the cache.
                assert name_in(await person.call(there, tokens["access_token"])) == "testuser"
                await person.revoke(here, tokens[what])
                return await until("refused", refused(person, there, tokens["access_token"]))

            took.append(await within("the replicas tell each other", AT_ONCE, revoked))
    return f"refused after {', '.join(f'{seconds * 1000:.0f}' for seconds in took)} ms"


async def a_legacy_session_belongs_to_all_replicas(cluster: Cluster) -> str:
    one, two = addresses(cluster)
    person = Person(cluster.host)
    token = (await person.log_in(cluster.url))["access_token"]
    ping = {"id": 1, "method": "ping"}
    for here, there in ((one, two), (two, one)):

        async def ended(here: str = here, there: str = there) -> float:
            session = await person.open_session(here, token)
            answer = await person.legacy(there, token, session, ping)
            assert answer.status_code == 200 and answer.json()["result"] == {}, answer.text
            assert (await person.legacy(here, token, session, ping)).status_code == 200
            assert await person.end_session(there, token, session) == 204

            async def is_gone() -> bool:
                return (await person.legacy(here, token, session, ping)).status_code == 404

            gone = await until("the session is gone", is_gone)
            assert await person.end_session(here, token, session) == 404
            return gone

        took = await within("a session ends everywhere", WITHIN, ended)
    return f"opened at one, used and deleted at the other, gone after {took * 1000:.0f} ms"


def probed(replica: Replica, path: str, status: int) -> Callable[[], Awaitable[bool]]:
    async def is_so() -> bool:
        return await asyncio.to_thread(replica.probed, path) == status

    return is_so


def runs_a_query(replica: Replica) -> Callable[[], Awaitable[bool]]:
    async def runs() -> bool:
        return len((await asyncio.to_thread(replica.status))["queries"]["running"]) > 0

    return runs


async def a_call_is_cancelled_through_the_other_replica(cluster: Cluster) -> str:
    one, two = addresses(cluster)
    person = Person(cluster.host)
    token = (await person.log_in(cluster.url))["access_token"]
    took = []
    for runs, here, there in ((cluster.replicas[0], one, two), (cluster.replicas[1], two, one)):
        for stop in ("cancel", "end"):

            async def stopped(runs: Replica = runs, here: str = here, there: str = there, stop: str = stop) -> float:
                session = await person.open_session(here, token)
                call = {"id": "c-1", "method": "tools/call", "params": {"name": "endless", "arguments": {}}}
                running = asyncio.create_task(person.legacy(here, token, session, call))
                await until("the query runs", runs_a_query(runs))
                assert not running.done()
                began = time.monotonic()
                if stop == "cancel":
                    cancel = {"method": "notifications/cancelled", "params": {"requestId": "c-1"}}
                    assert (await person.legacy(there, token, session, cancel)).status_code == 202
                else:
                    assert await person.end_session(there, token, session) == 204
                answer = await running
                assert "the client cancelled the request" in answer.text, answer.text
                return time.monotonic() - began

            took.append(await within("a call is cancelled through the other replica", WITHIN, stopped))
    return f"stopped after {', '.join(f'{seconds * 1000:.0f}' for seconds in took)} ms"


async def a_killed_replica_loses_nothing(cluster: Cluster) -> str:
    """Exchanges, refreshes and calls are under way when one replica is killed; the other one goes on."""
    one, two = addresses(cluster)
    person = Person(cluster.host)
    caller = (await person.log_in(cluster.url))["access_token"]
    codes = [await person.code(cluster.url) for _ in range(12)]
    stale = [(await person.log_in(cluster.url))["refresh_token"] for _ in range(8)]

    async def attempt(request: Awaitable[httpx2.Response]) -> dict[str, Any] | None:
        """The tokens, or nothing if the replica died before it answered, or did not get the table in time."""
        try:
            answer = await request
        except httpx2.HTTPError:
            return None
        if answer.status_code == 503:
            return None
        assert answer.status_code == 200, answer.text
        return answer.json()

    answered = [await attempt(person.token(one, form)) for form in codes[:4]]
    # From here on nothing can be finished: whatever is asked for is in the middle of its transaction.
    holder = cluster.database.lock("access_tokens")
    exchanges = [asyncio.create_task(attempt(person.token(one, form))) for form in codes[4:]]
    refreshes = [asyncio.create_task(attempt(person.refresh(one, token))) for token in stale]
    calls = [asyncio.create_task(person.call(cluster.url, caller)) for _ in range(20)]
    wait = "SELECT count(*) FROM pg_locks WHERE relation = 'access_tokens'::regclass AND NOT granted"

    async def are_waiting() -> bool:
        return int(await asyncio.to_thread(cluster.database.query, wait)) > 1

    await until("some are in the middle", are_waiting)
    cluster.replicas[0].kill()
    exchanged, refreshed = answered + await asyncio.gather(*exchanges), await asyncio.gather(*refreshes)
    cut_off = [*exchanged, *refreshed].count(None)
    assert cut_off == len(exchanges) + len(refreshes), f"only {cut_off} were under way"
    cluster.database.release(holder)
    answers = await asyncio.gather(*calls)
    assert {answer.status_code for answer in answers} <= {200, 502}

    for form, tokens in zip(codes, exchanged, strict=True):
        again = await person.token(two, form)
        if tokens is not None:
            assert again.status_code == 400, "a code was exchanged twice"
        else:
            assert again.status_code == 200, f"an exchange that was cut off cost its code: {again.text}"
            assert (await person.token(two, form)).status_code == 400, "a code was exchanged twice"
    for token, pair in zip(stale, refreshed, strict=True):
        again = await person.refresh(two, token)
        assert again.status_code == 200, again.text
        if pair is not None:
            assert again.json()["refresh_token"] == pair["refresh_token"], "one refresh token led to two pairs"
    for _ in range(10):
        assert name_in(await person.call(cluster.url, caller)) == "testuser"
    cluster.replicas[0].start()
    assert name_in(await person.call(one, caller)) == "testuser"
    return f"{cut_off} of {len(codes) + len(stale)} exchanges and refreshes were cut off, none happened twice"


async def a_login_outlives_a_kill_after_each_step(cluster: Cluster) -> str:
    """Whoever served a step is killed before the next one, which the other replica serves: nobody who logs in notices."""
    person = Person(cluster.host, keeps_connections=False)
    served, other = cluster.replicas
    other.kill()
    kills = 0

    async def kill_who_served() -> None:
        nonlocal served, other, kills
        served, other = other, served
        await asyncio.to_thread(served.start)
        await asyncio.to_thread(cluster.balance_now, [served])
        other.kill()
        kills += 1

    try:
        await kill_who_served()
        await person.register(cluster.url)
        form = await person.code(cluster.url, kill_who_served)
        await kill_who_served()
        answer = await person.token(cluster.url, form)
        for _ in range(2):
            assert answer.status_code == 200, answer.text
            tokens = answer.json()
            await kill_who_served()
            assert name_in(await person.call(cluster.url, tokens["access_token"])) == "testuser"
            await kill_who_served()
            answer = await person.refresh(cluster.url, tokens["refresh_token"])
        assert answer.status_code == 200, answer.text
    finally:
        other.start()
        cluster.balance(cluster.replicas)
    return f"one login, {kills} kills"


async def replicas_are_replaced_one_by_one_without_an_error(cluster: Cluster) -> str:
    """As docs/replicas.md says: out of the proxy's list, then stopped. What runs there goes on, like everybody else."""
    person = Person(cluster.host, keeps_connections=False)
    token = (await person.log_in(cluster.url))["access_token"]
    statuses: list[int] = []

    async def calls_without_a_pause() -> None:
        while True:
            statuses.append((await person.call(cluster.url, token)).status_code)

    async def more_calls(count: int = 20) -> None:
        goal = len(statuses) + count

        async def reached() -> bool:
            return len(statuses) >= goal or calling.done()

        await until("calls go on", reached)

    async def asked_alone(replica: Replica) -> None:
        before = len(cluster.served())

        async def is_alone() -> bool:
            latest = [name for name, _, _ in cluster.served()[before:]][-20:]
            return latest == [replica.name] * 20

        await until("nginx has read its list", is_alone)

    calling = asyncio.create_task(calls_without_a_pause())
    for leaving, staying in (cluster.replicas, cluster.replicas[::-1]):
        here, there = f"http://127.0.0.1:{leaving.port}", f"http://127.0.0.1:{staying.port}"
        session = await person.open_session(here, token)
        call = {"id": "c-1", "method": "tools/call", "params": {"name": "endless", "arguments": {}}}
        running = asyncio.create_task(person.legacy(here, token, session, call))
        await until("the query runs", runs_a_query(leaving))
        cluster.balance([staying])
        await asked_alone(staying)
        stopping = asyncio.create_task(asyncio.to_thread(leaving.stop))
        await until("it says that it is not ready", probed(leaving, "/ready", 503))
        await more_calls()
        assert not running.done() and not stopping.done(), "it waits for what runs"
        cancel = {"method": "notifications/cancelled", "params": {"requestId": "c-1"}}
        assert (await person.legacy(there, token, session, cancel)).status_code == 202
        answer = await running
        assert answer.status_code == 200 and "the client cancelled the request" in answer.text, answer.text
        assert await stopping == 0, leaving.log()
        leaving.start()
        cluster.balance(cluster.replicas)
        await more_calls()
    calling.cancel()
    await asyncio.wait([calling])
    assert calling.cancelled(), calling.exception()
    assert set(statuses) == {200}, statuses
    return f"{len(statuses)} calls while both were replaced, all of them answered"


async def everything_survives_a_restart(cluster: Cluster) -> str:
    one, two = addresses(cluster)
    person = Person(cluster.host)
    tokens = await person.log_in(cluster.url)
    session = await person.open_session(one, tokens["access_token"])
    for replica in cluster.replicas:
        assert replica.stop() == 0, replica.log()
    for replica in cluster.replicas:
        replica.start()
    assert name_in(await person.call(two, tokens["access_token"])) == "testuser"
    ping = {"id": 1, "method": "ping"}
    assert (await person.legacy(two, tokens["access_token"], session, ping)).status_code == 200
    refreshed = await person.refresh(one, tokens["refresh_token"])
    assert name_in(await person.call(two, refreshed.json()["access_token"])) == "testuser"
    return "the same token called again, the session went on, and the refresh gave a new pair"


async def an_sqlite_server_goes_on_after_a_restart(cluster: Cluster) -> str:
    server, host = cluster.single("single")
    server.start()
    address = f"http://127.0.0.1:{server.port}"
    person = Person(host)
    tokens = await person.log_in(f"http://{host}")
    session = await person.open_session(address, tokens["access_token"])
    server.kill()
    server.start()
    assert name_in(await person.call(address, tokens["access_token"])) == "testuser"
    ping = {"id": 1, "method": "ping"}
    assert (await person.legacy(address, tokens["access_token"], session, ping)).status_code == 200
    refreshed = await person.refresh(address, tokens["refresh_token"])
    assert name_in(await person.call(address, refreshed.json()["access_token"])) == "testuser"
    assert server.stop() == 0, server.log()
    return "killed and started again: token, session and refresh went on"


async def a_database_that_is_down_costs_nothing_but_time(cluster: Cluster) -> str:
    one, two = addresses(cluster)
    person = Person(cluster.host)
    tokens = await person.log_in(cluster.url)
    form = await person.code(cluster.url)
    session = await person.open_session(one, tokens["access_token"])
    cluster.database.stop()
    await asyncio.sleep(1.1)  # what was verified a second ago is good for a second
    ping = {"id": 1, "method": "ping"}
    for replica in cluster.replicas:
        await until("a load balancer looks elsewhere", probed(replica, "/ready", 503))
        assert await probed(replica, "/live", 200)(), "it is not to be started again"
    for answer in [
        await person.call(one, tokens["access_token"]),
        await person.legacy(one, tokens["access_token"], session, ping),
        await person.refresh(two, tokens["refresh_token"]),
        await person.token(two, form),
    ]:
        assert answer.status_code == 503, f"{answer.status_code}: {answer.text}"
        assert int(answer.headers["retry-after"]) >= 1
    cluster.database.start()

    async def works() -> bool:
        return (await person.call(one, tokens["access_token"])).status_code == 200

    took = await until("the store is back", works)
    for replica in cluster.replicas:
        await until("a load balancer comes back", probed(replica, "/ready", 200))
    answer = await person.legacy(one, tokens["access_token"], session, ping)
    assert answer.status_code == 200, f"{answer.status_code}: {answer.text}"
    assert (await person.refresh(two, tokens["refresh_token"])).status_code == 200
    exchanged = await person.token(two, form)
    assert exchanged.status_code == 200, exchanged.text

    # The replicas find each other again, too.
    listening = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"

    async def listen() -> bool:
        return int(cluster.database.query(listening)) >= len(cluster.replicas)

    await until("the replicas listen again", listen)
    token = exchanged.json()["access_token"]
    assert name_in(await person.call(two, token)) == "testuser"
    await person.revoke(one, token)
    told = await until("refused", refused(person, two, token))
    return f"503 while down, calls {took:.1f} s after its return, then refused after {told * 1000:.0f} ms"


CHECKS = [
    each_step_on_the_other_replica,
    a_revocation_shows_on_the_other_replica,
    a_legacy_session_belongs_to_all_replicas,
    a_call_is_cancelled_through_the_other_replica,
    a_killed_replica_loses_nothing,
    a_login_outlives_a_kill_after_each_step,
    replicas_are_replaced_one_by_one_without_an_error,
    everything_survives_a_restart,
    an_sqlite_server_goes_on_after_a_restart,
    a_database_that_is_down_costs_nothing_but_time,
]
