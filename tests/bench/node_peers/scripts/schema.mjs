// The schema of the API itself, so that everybody parses, validates and answers the same.
import { readFileSync } from "node:fs";

export const beside = (name) => readFileSync(new URL(name, import.meta.url), "utf8");

export const sdl = beside("schema.graphql");
