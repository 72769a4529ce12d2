/** Which of the cache's entries stay on the device. */

import type { SerializedEntries } from "@urql/exchange-graphcache";

export interface Kept {
  postIds: readonly string[];
  viewerId: string;
}

/**
 * Of all entries those of some posts, of their authors, and of the viewer. An entry is named by the
 * entity and the field that it is the value of; lists have arguments, and are asked for anew.
 */
export function recent(entries: SerializedEntries, { postIds, viewerId }: Kept): SerializedEntries {
  const kept = new Set([entityOf("User", viewerId)]);
  for (const post of postIds.map((id) => entityOf("Post", id))) {
    kept.add(post);
    const author = linked(entries[`${post}.author`]);
    if (author) kept.add(author);
  }
  return Object.fromEntries(
    Object.entries(entries).filter(([name, value]) => {
      const [owner, field] = parted(name);
      if (owner === "Query") return isRoot(field) && kept.has(linked(value) ?? "");
      return value !== undefined && kept.has(owner) && !name.includes("(");
    }),
  );
}

const ESCAPED_DOT = "%2e";

function entityOf(type: string, id: string): string {
  return `${type}:${id}`.replaceAll(".", ESCAPED_DOT);
}

/** What is embedded in an entity goes by its name, and the path from there. */
function parted(name: string): [string, string] {
  const dot = name.indexOf(".");
  const [owner = ""] = name.slice(0, dot).split(ESCAPED_DOT);
  return [owner, name.slice(dot + 1)];
}

function isRoot(field: string): boolean {
  return field === "viewer" || field.startsWith("user(");
}

/** @returns The entity that an entry links to; undefined for a list, and for plain values. */
function linked(value: string | undefined): string | undefined {
  if (!value?.startsWith(":")) return undefined;
  const link: unknown = JSON.parse(value.slice(1));
  return typeof link === "string" ? link : undefined;
}
