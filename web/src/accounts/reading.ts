/** Reading and changing what the cache knows, with refusals as everywhere. */

import type { TypedDocumentNode } from "@graphql-typed-document-node/core";
import { useCallback, useEffect, useState } from "react";
import { useClient, useQuery, type AnyVariables } from "urql";

import { UNREACHABLE, type Refusal } from "../device/refusals";
import { refused } from "../graph/asking";

export interface Reading<Data> {
  /** What is known; also what was known before the last attempt failed. */
  data: Data | null;
  /** Whether that is being read for the first time. */
  isLoading: boolean;
  refusal: Refusal | null;
  again: () => void;
}

/** What the device knows at once, and what the server says as soon as it has said it. */
export function useReading<Data, Variables extends AnyVariables>(
  query: TypedDocumentNode<Data, Variables>,
  variables: Variables,
): Reading<Data> {
  const [result, read] = useQuery<Data, Variables>({
    query,
    variables,
    requestPolicy: FRESH,
  });
  const data = useKept(result.data);
  const refusal = result.error ? refused(result.error) : null;
  const again = useCallback(() => {
    read({ requestPolicy: FRESH });
  }, [read]);
  useAgainOnline(refusal?.code === UNREACHABLE, again);
  return { data, isLoading: !data && result.fetching, refusal, again };
}

/** @returns A function that has the server do something; it throws a `Refusal`. */
export function useDoing<Data, Variables extends AnyVariables>(
  mutation: TypedDocumentNode<Data, Variables>,
): (variables: Variables) => Promise<Data> {
  const client = useClient();
  return async (variables) => {
    const { data, error } = await client.mutation(mutation, variables);
    if (error) throw refused(error);
    if (!data) throw new Error("A mutation has neither data nor an error.");
    return data;
  };
}

const FRESH = "cache-and-network";

function useKept<Data>(data: Data | undefined): Data | null {
  const [kept, keep] = useState<Data | null>(null);
  if (data && data !== kept) keep(data);
  return data ?? kept;
}

function useAgainOnline(isCut: boolean, again: () => void): void {
  useEffect(() => {
    if (!isCut) return;
    addEventListener("online", again);
    return () => {
      removeEventListener("online", again);
    };
  }, [isCut, again]);
}
