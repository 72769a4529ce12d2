// The audits of GraphQL over HTTP that graphql-http brings with it.
import { auditServer } from "graphql-http";

export async function every({ url }) {
  const results = await auditServer({ url, fetchFn: fetch });
  return results.map(({ id, name, status, reason }) => ({ id, name, status, reason }));
}
