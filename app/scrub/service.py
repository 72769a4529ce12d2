"""Goes through all photos and all objects, on a system that is in use, and mends what is wrong."""

from collections.abc import AsyncIterator, Iterable, Sequence

from app.images.regions import Regions
from app.posts.census import PostCensus
from app.posts.replication import Replication
from app.scrub.model import Checkpoint, Progress, Report, Run, Stage, Step
from app.scrub.orphans import PREFIXES, Objects, Orphans
from app.scrub.photos import Photos
from app.scrub.store import ScrubStore

EVERYWHERE = "everywhere"


class Scrub:
    """Reads photos back and repairs them, then removes what belongs to no post.

    It may run twice at once: what one of them mends, the other finds intact.
    """

    def __init__(
        self,
        *,
        posts: PostCensus,
        replication: Replication,
        objects: Objects,
        regions: Regions,
        checkpoints: ScrubStore,
    ) -> None:
        self._posts = posts
        self._replication = replication
        self._objects = objects
        self._regions = regions
        self._checkpoints = checkpoints

    async def run(self, run: Run, *, from_start: bool) -> AsyncIterator[Progress]:
        """Go through everything, a step at a time; a dry run leaves everything as it is.

        Unless it is to begin `from_start`, it goes on where such a run was interrupted. The last
        report is of everything.
        """
        name, stages = run.region or EVERYWHERE, self._stages(run.region)
        begun = None if from_start or run.is_dry else await self._checkpoints.find(name)
        begun = begun or Checkpoint(stage=stages[0].name, after="", report=Report())
        total, report = await self._posts.estimate(), begun.report
        yield Progress(stage=begun.stage, posts_total=total, report=report)
        async for stage, step in _steps(stages, begun, run):
            report += step.report
            if not run.is_dry:
                reached = Checkpoint(stage=stage, after=step.after, report=report)
                await self._checkpoints.put(name, reached)
            yield Progress(stage=stage, posts_total=total, report=report, findings=step.findings)
        if not run.is_dry:
            await self._checkpoints.remove(name)

    def _stages(self, only: str | None) -> Sequence[Stage]:
        return (
            Photos(posts=self._posts, replication=self._replication),
            *(
                Orphans(
                    objects=self._objects,
                    regions=self._regions,
                    posts=self._posts,
                    region=region,
                    prefix=prefix,
                )
                for region in self._regions
                if only in {None, region}
                for prefix in PREFIXES
            ),
        )


async def _steps(
    stages: Iterable[Stage], begun: Checkpoint, run: Run
) -> AsyncIterator[tuple[str, Step]]:
    """Every step from the checkpoint on, with its stage."""
    names = [stage.name for stage in stages]
    first = names.index(begun.stage) if begun.stage in names else 0
    after = begun.after if begun.stage in names else ""
    for stage in list(stages)[first:]:
        while step := await stage.step(after, run):
            yield stage.name, step
            after = step.after
            if step.is_last:
                break
        after = ""
