// The servers: each takes the resolver of `feed`, and returns how it is told to listen.
import { createServer } from "node:http";
import { useGraphQlJit } from "@envelop/graphql-jit";
import Fastify from "fastify";
import { createSchema, createYoga } from "graphql-yoga";
import plugin from "mercurius";
import { sdl } from "./schema.mjs";

export function mercurius(feed) {
  const server = Fastify();
  server.register(plugin, {
    schema: sdl,
    resolvers: { Query: { feed } },
    context: ({ headers }) => ({ authorization: headers.authorization }),
    jit: 1,
    graphiql: false,
  });
  return (host, port) => server.listen({ host, port });
}

export function yoga(feed, { isCompiled }) {
  const server = createYoga({
    schema: createSchema({ typeDefs: sdl, resolvers: { Query: { feed } } }),
    plugins: isCompiled ? [useGraphQlJit()] : [],
    logging: false,
    graphiql: false,
  });
  return (host, port) => createServer(server).listen(port, host);
}
