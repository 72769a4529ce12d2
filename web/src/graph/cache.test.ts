import { readFileSync } from "node:fs";

import { buildSchema, isObjectType } from "graphql";
import { expect, it } from "vitest";

import { EMBEDDED } from "./cache";

const SCHEMA = new URL("../../../schema/schema.graphql", import.meta.url);
const ROOTS = ["Query", "Mutation", "Subscription"];
/** It has an id, by which nobody can ask for it. */
const TICKET = "UploadTicket";

it("knows of every type whether it is found by an id", () => {
  const types = Object.values(buildSchema(readFileSync(SCHEMA, "utf8")).getTypeMap());
  const embedded = types
    .filter((type) => isObjectType(type) && !type.name.startsWith("__"))
    .filter((type) => isObjectType(type) && !("id" in type.getFields()))
    .map(({ name }) => name)
    .filter((name) => !ROOTS.includes(name));
  expect([...EMBEDDED].sort()).toEqual([...embedded, TICKET].sort());
});
