"""Photos and their objects: from the upload to the copies."""

from app.images.copies import Copies
from app.images.edges import Edges
from app.images.model import Limits
from app.images.regions import Regions
from app.images.sandbox import Sandbox
from app.images.service import Images
from app.posts.publishing import Publishing
from app.posts.rendering import Rendering
from app.posts.replication import Replication
from app.scrub.service import Scrub
from app.uploads.forms import Forms
from app.uploads.pieces import Pieces
from app.uploads.resumable import ResumableUploads
from app.uploads.service import Uploads
from app.uploads.signing import FormSigner
from app.wiring.ground import Ground


class Photos:
    """The services of photos."""

    def __init__(self, ground: Ground, renderer: Sandbox) -> None:
        settings, objects = ground.settings, ground.clients.objects
        self._ground = ground
        self._regions = Regions(
            objects=objects,
            partners={region: settings.partner(region) for region in settings.object_stores},
        )
        self.images = Images(
            objects=objects,
            renderer=renderer,
            limits=Limits.from_settings(settings),
            region=settings.region,
            cdn_url=str(settings.cdn_url),
            regions=self._regions,
        )
        self.uploads = Uploads(
            uploads=ground.stores.uploads, objects=objects, regions=self._regions
        )
        self.replication = Replication(
            posts=ground.stores.post_census,
            copies=Copies(objects=objects, regions=self._regions),
            images=self.images,
            pair=self._regions.pair,
        )

    def forms(self) -> Forms:
        """Forms with which clients send photos past us."""
        settings = self._ground.settings
        return Forms(
            uploads=self._ground.stores.uploads,
            signer=FormSigner.from_settings(settings),
            ids=self._ground.ids,
            standing_region=self.images.standing_region,
            url=str(settings.upload_url or settings.cdn_url),
            form_seconds=settings.upload_form_seconds,
            open_max=settings.uploads_open_max,
            image_max_bytes=settings.image_max_bytes,
        )

    def resumable(self) -> ResumableUploads:
        """Uploads that go on where they broke off."""
        settings = self._ground.settings
        return ResumableUploads(
            uploads=self._ground.stores.uploads,
            pieces=Pieces(objects=self._ground.clients.objects, regions=self._regions),
            ids=self._ground.ids,
            standing_region=self.images.standing_region,
            open_max=settings.uploads_open_max,
            life_seconds=settings.upload_resumable_seconds,
            request_max_seconds=settings.upload_request_max_seconds,
            requests_max=settings.upload_requests_max,
        )

    def publishing(self) -> Publishing:
        """What makes posts of photos."""
        ground = self._ground
        return Publishing(
            posts=ground.stores.posts,
            authors=ground.stores.accounts,
            originals=self.images,
            uploads=self.uploads,
            outbox=ground.outbox,
            transactions=ground.transactions,
            ids=ground.ids,
            region=ground.settings.region,
        )

    def rendering(self) -> Rendering:
        """What makes posts READY, and erases them."""
        ground = self._ground
        return Rendering(
            posts=ground.stores.posts,
            images=self.images,
            edges=Edges(addresses=ground.settings.edge_addresses(), http=ground.clients.edges),
            counts=ground.stores.accounts,
            changes=ground.changes,
            outbox=ground.outbox,
            transactions=ground.transactions,
            quick_max=ground.settings.renders_quick_max,
        )

    def scrub(self) -> Scrub:
        """What reads all copies back."""
        return Scrub(
            posts=self._ground.stores.post_census,
            replication=self.replication,
            objects=self._ground.clients.objects,
            regions=self._regions,
            checkpoints=self._ground.stores.scrubs,
        )
