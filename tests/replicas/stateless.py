"""What must hold with two replicas that keep no sessions (`--stateless`): only what PostgreSQL holds is there, and each request
is complete in itself."""

from checks import addresses
from cluster import Cluster
from person import Person, name_in

LIST = {"id": 2, "method": "tools/list"}


async def a_login_at_one_is_used_and_refreshed_at_the_other(cluster: Cluster) -> str:
    for here, there in (addresses(cluster), addresses(cluster)[::-1]):
        person = Person(cluster.host)
        await person.register(here)
        # Signing in at nginx, the code at one replica, and everything that comes of it at the other.
        tokens = await person.token(here, await person.code(cluster.url))
        assert tokens.status_code == 200, tokens.text
        first = tokens.json()
        assert name_in(await person.call(there, first["access_token"])) == "testuser"
        refreshed = await person.refresh(there, first["refresh_token"])
        assert refreshed.status_code == 200, refreshed.text
        assert name_in(await person.call(here, refreshed.json()["access_token"])) == "testuser"
    return "a login at either one was used and refreshed at the other"


async def nobody_has_a_session(cluster: Cluster) -> str:
    """Clients of the older revisions say `initialize`, get no session, and are answered wherever they ask next."""
    one, two = addresses(cluster)
    person = Person(cluster.host)
    token = (await person.log_in(cluster.url))["access_token"]
    client = {"name": "replicas", "version": "1"}
    initialize = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client}
    answer = await person.legacy(one, token, None, {"id": 1, "method": "initialize", "params": initialize})
    assert answer.status_code == 200 and "mcp-session-id" not in answer.headers, answer.headers
    for address in (one, two):
        answer = await person.legacy(address, token, None, LIST)
        names = {tool["name"] for tool in answer.json()["result"]["tools"]}
        assert answer.status_code == 200 and "whoami" in names, answer.text
    assert await person.end_session(two, token, "of-nobody") == 405
    return "initialize gave none, both replicas answered without one, and there is none to end"


STATELESS = [
    a_login_at_one_is_used_and_refreshed_at_the_other,
    nobody_has_a_session,
]
