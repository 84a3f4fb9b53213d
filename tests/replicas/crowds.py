"""What must hold when many present one thing at once, half of them at either replica: a refresh token, or a code."""

import asyncio
from typing import Any

from checks import WITHIN, addresses, refused, until
from cluster import REUSE_WINDOW, Cluster
from person import Person, name_in
from waiting import eventually

REFRESHES = 50
"""How many come at once with one refresh token."""
REDEMPTIONS = 100
"""How many come at once with one code."""


async def parallel_refreshes_give_one_pair(cluster: Cluster) -> str:
    one, two = addresses(cluster)
    person = Person(cluster.host)
    first = await person.log_in(cluster.url)
    stale = first["refresh_token"]
    answers = await asyncio.gather(*(person.refresh((one, two)[number % 2], stale) for number in range(REFRESHES)))
    pairs = {(answer.json()["access_token"], answer.json()["refresh_token"]) for answer in answers}
    assert [answer.status_code for answer in answers] == [200] * REFRESHES and len(pairs) == 1, len(pairs)
    access, refresh = pairs.pop()
    assert name_in(await person.call(two, access)) == "testuser"

    await asyncio.sleep(REUSE_WINDOW + 0.5)
    replayed = await person.refresh(one, stale)
    assert (replayed.status_code, replayed.json()["error"]) == (400, "invalid_grant"), replayed.text
    await until("the family is revoked", refused(person, two, access))
    assert (await person.refresh(two, refresh)).json()["error"] == "invalid_grant"
    reused = eventually("the replay is recorded", lambda: cluster.replicas[0].done("refresh_token_reused"))
    assert len(reused) == 1, reused
    return f"{REFRESHES} refreshes gave one pair; a replay after the window ended the login everywhere"


async def revoked_everywhere(person: Person, cluster: Cluster, tokens: dict[str, Any]) -> float:
    """Both replicas refuse an access token in time, and then the refresh token of its pair; says how long that took."""
    waits = [until("refused", refused(person, address, tokens["access_token"])) for address in addresses(cluster)]
    took = max(await asyncio.gather(*waits))
    assert took < WITHIN, f"refused everywhere after {took} s"
    for address in addresses(cluster):
        answer = await person.refresh(address, tokens["refresh_token"])
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant"), answer.text
    return took


async def a_code_is_redeemed_once_however_many_try(cluster: Cluster) -> str:
    """Those who come second in the crowd replay the code, so that what the first one got does not outlive it."""
    person = Person(cluster.host)
    await person.register(cluster.url)
    form = await person.code(cluster.url)
    tries = [person.token(addresses(cluster)[number % 2], form) for number in range(REDEMPTIONS)]
    answers = await asyncio.gather(*tries)
    good = [answer.json() for answer in answers if answer.status_code == 200]
    refusals = [(answer.status_code, answer.json()["error"]) for answer in answers if answer.status_code != 200]
    assert len(good) == 1, [answer.text for answer in answers if answer.status_code == 200]
    assert refusals == [(400, "invalid_grant")] * (REDEMPTIONS - 1), refusals
    took = await revoked_everywhere(person, cluster, good[0])
    return f"1 of {REDEMPTIONS} got tokens, which the others ended everywhere after {took * 1000:.0f} ms"


async def a_replayed_code_ends_its_tokens_on_both_replicas(cluster: Cluster) -> str:
    person = Person(cluster.host)
    await person.register(cluster.url)
    took = []
    for here, there in (addresses(cluster), addresses(cluster)[::-1]):
        form = await person.code(cluster.url)
        answer = await person.token(here, form)
        assert answer.status_code == 200, answer.text
        tokens = answer.json()
        # Verified everywhere a moment ago, so that it is in the caches.
        for address in (here, there):
            assert name_in(await person.call(address, tokens["access_token"])) == "testuser"
        replayed = await person.token(there, form)
        assert (replayed.status_code, replayed.json()["error"]) == (400, "invalid_grant"), replayed.text
        took.append(await revoked_everywhere(person, cluster, tokens))
    replays = [len(eventually("the replay is recorded", lambda at=at: at.done("code_replayed"))) for at in cluster.replicas]
    assert min(replays) >= 1, replays
    return f"refused everywhere {' and '.join(f'{seconds * 1000:.0f}' for seconds in took)} ms after the replay"


CROWDS = [
    parallel_refreshes_give_one_pair,
    a_code_is_redeemed_once_however_many_try,
    a_replayed_code_ends_its_tokens_on_both_replicas,
]
