// GraphQL Inspector: what changes from one schema to another, and whom it breaks.
import { diff } from "@graphql-inspector/core";
import { buildClientSchema, buildSchema, getIntrospectionQuery, printSchema } from "graphql";

const told = (changes) =>
  changes.map(({ type, path, criticality }) => ({ type, path, level: criticality.level }));

export async function changes({ before, after }) {
  return told(await diff(buildSchema(before), buildSchema(after)));
}

// From the schema that a running API tells of itself.
export async function introspected({ url, printed }) {
  const query = getIntrospectionQuery({ specifiedByUrl: true, inputValueDeprecation: true });
  const headers = { "Content-Type": "application/json" };
  const response = await fetch(url, { method: "POST", headers, body: JSON.stringify({ query }) });
  const { data } = await response.json();
  return told(await diff(buildSchema(printSchema(buildClientSchema(data))), buildSchema(printed)));
}
