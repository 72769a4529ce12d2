/** What documents are known by: the hashes that were written when they were generated. */

const PREFIX = "sha256:";

/** @returns Hex SHA-256 of a document as it is in the manifest; undefined if it is in none. */
export function hashOf(document: object): string | undefined {
  const { __meta__: meta } = document as { __meta__?: { hash?: string } };
  return meta?.hash?.slice(PREFIX.length);
}

/** The extension that names a document by its hash. */
export function persistedBy(sha256Hash: string) {
  return { persistedQuery: { version: 1, sha256Hash } };
}
