"""Timelines in a cluster: every node has some, and every script has one slot."""

from app.feeds.store import KEY_GROUPS, TimelineStore, _key
from app.ids import SHARDS, IdSource
from tests.redis_cluster import RunningCluster
from tests.stack import TestStack
from tests.stores.samples import build, clustered, read
from tests.stores.test_timelines_away import opened


async def test_groups_are_on_all_nodes_and_no_script_crosses_slots(
    servers: TestStack, redis_cluster: RunningCluster, ids: IdSource
) -> None:
    viewers = [ids.next(shard) for shard in range(SHARDS)]
    nodes = [redis_cluster.node_of(_key(viewer)).port for viewer in viewers[:KEY_GROUPS]]
    assert min(nodes.count(node.port) for node in redis_cluster.nodes) > KEY_GROUPS / 6
    for node in redis_cluster.nodes:
        node.ask("CONFIG RESETSTAT")
    async with opened(clustered(servers.settings, redis_cluster)) as timelines:
        await _pushed(timelines, viewers)
    for node in redis_cluster.nodes:
        assert "CROSSSLOT" not in str(node.ask("INFO", "errorstats"))
        assert int(node.ask("INFO", "commandstats")["cmdstat_eval"]["calls"]) > 0


async def _pushed(timelines: TimelineStore, viewers: list[int]) -> None:
    warm = viewers[: 2 * KEY_GROUPS]
    for viewer in warm:
        await build(timelines, viewer, [3])
    await timelines.push(7, viewers)
    for viewer in warm:
        assert (await read(timelines, viewer)).post_ids == (7, 3)
