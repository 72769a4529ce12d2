// How documents are shown: ids, cursors, and the nodes of a page, as the API writes them.
const CURSOR_BYTES = 17;
const FEED = 1;
const UPDATES = 5;

const globalId = (kind, id) => base64(Buffer.from(`${kind}:${id}`, "latin1"));

const feedCursor = (viewerId, postId) => cursor(FEED, viewerId, postId);

const momentCursor = (viewerId, moment) => cursor(UPDATES, viewerId, BigInt(moment));

export function positionOf(after) {
  return Buffer.from(after, "base64url").readBigUInt64BE(9);
}

export function page({ viewerId, nodes, first, after, moment }) {
  const shown = nodes.slice(0, first);
  const edges = shown.map((node) => ({ cursor: feedCursor(viewerId, node.postId), node }));
  return {
    edges,
    pageInfo: {
      hasNextPage: nodes.length > first,
      hasPreviousPage: after != null,
      startCursor: edges.at(0)?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
    updatesCursor: momentCursor(viewerId, moment),
  };
}

export function postNode(document, author, cdnUrl) {
  return {
    postId: document._id,
    authorId: document.author_id,
    moment: document.moment ?? 0,
    id: globalId("Post", document._id),
    description: document.description,
    altText: document.alt_text,
    createdAt: document.created_at.toISOString(),
    status: document.state,
    failure: document.failure,
    author,
    image: document.image && image(document.image, `${cdnUrl}/${document.image.region}`),
  };
}

export function userNode(document) {
  return {
    id: globalId("User", document._id),
    username: document.username,
    displayName: document.display_name,
  };
}

function image({ thumbhash, variants }, baseUrl) {
  const shown = variants.map((each) => variant(each, baseUrl));
  const { url, width, height } = shown.find((each) => each.format === "JPEG");
  return { url, width, height, thumbhash, variants: shown };
}

function variant(document, baseUrl) {
  return {
    url: `${baseUrl}/${document.key}`,
    width: document.width_px,
    height: document.height_px,
    format: document.format,
    byteSize: document.byte_size,
    sha256: document.sha256,
  };
}

function cursor(kind, ownerId, position) {
  const packed = Buffer.allocUnsafe(CURSOR_BYTES);
  packed[0] = kind;
  packed.writeBigUInt64BE(ownerId, 1);
  packed.writeBigUInt64BE(position, 9);
  return packed.toString("base64url");
}

// With the padding that base64url leaves out.
function base64(buffer) {
  return buffer.toString("base64").replaceAll("+", "-").replaceAll("/", "_");
}
