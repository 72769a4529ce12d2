/** Posts that are gone, as if the server had just said so. */

import { createRequest, type Exchange, type OperationResult } from "@urql/core";
import { makeSubject, merge, pipe } from "wonka";

import { FeedUpdatesDocument, type FeedUpdatesSubscription } from "../gql/graphql";

export interface Forgetting {
  exchange: Exchange;
  forgetPost: (id: string) => void;
}

/** The cache can be changed by results only, so that is what this hands to it. */
export function forgetting(): Forgetting {
  const tellers = new Set<(id: string) => void>();
  return {
    forgetPost: (id) => {
      for (const tell of tellers) tell(id);
    },
    exchange: ({ client, forward }) => {
      const subject = makeSubject<OperationResult>();
      const removal = (id: string): OperationResult => {
        const request = createRequest(FeedUpdatesDocument, { after: id });
        const operation = client.createRequestOperation("subscription", request);
        const update = { __typename: "FeedPostRemoved", cursor: "", postId: id } as const;
        const data: FeedUpdatesSubscription = { __typename: "Subscription", feedUpdates: update };
        return { operation, data, stale: false, hasNext: false };
      };
      tellers.add((id) => {
        subject.next(removal(id));
      });
      return (operations) => merge([pipe(operations, forward), subject.source]);
    },
  };
}
