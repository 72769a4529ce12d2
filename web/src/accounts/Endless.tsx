/** A list that goes on as one gets to its end. */

import type { TypedDocumentNode } from "@graphql-typed-document-node/core";
import { useCallback, useState, type ReactNode } from "react";

import { More } from "../ui/More";
import { Progress } from "../ui/Progress";
import { useReading } from "./reading";
import { Unread } from "./Unread";

interface Connection<Item> {
  edges: readonly { node: Item }[];
  pageInfo: { hasNextPage: boolean; endCursor: string | null };
}

interface EndlessVariables {
  username: string;
  first: number;
  after?: string | null;
}

interface EndlessProps<Data, Item> {
  query: TypedDocumentNode<Data, EndlessVariables>;
  username: string;
  first: number;
  /** Undefined where there is no such list. */
  listIn: (data: Data) => Connection<Item> | undefined;
  /** Shows a page of it. */
  show: (items: readonly Item[]) => ReactNode;
  /** What is shown if there is nothing at all. */
  empty: ReactNode;
  after?: string | null;
}

/** A page, and those after it: each begins where the one before ends, also when that changes. */
export function Endless<Data, Item>(props: EndlessProps<Data, Item>) {
  const { query, username, first, listIn, after = null } = props;
  const { data, isLoading, refusal, again } = useReading(query, { username, first, after });
  if (isLoading) return <Progress label="Loading" value={null} />;
  if (refusal && !data) return <Unread refusal={refusal} onRetry={again} />;
  const list = data && listIn(data);
  return list ? <Known {...props} list={list} /> : null;
}

interface KnownProps<Data, Item> extends EndlessProps<Data, Item> {
  list: Connection<Item>;
}

function Known<Data, Item>({ list, ...props }: KnownProps<Data, Item>) {
  const { show, empty, after = null } = props;
  if (list.edges.length > 0) {
    return (
      <>
        {show(list.edges.map(({ node }) => node))}
        {list.pageInfo.hasNextPage && <Next {...props} after={list.pageInfo.endCursor} />}
      </>
    );
  }
  return after === null ? empty : null;
}

function Next<Data, Item>(props: EndlessProps<Data, Item>) {
  const [isOpen, setIsOpen] = useState(false);
  const open = useCallback(() => {
    setIsOpen(true);
  }, []);
  return isOpen ? <Endless {...props} /> : <More onMore={open} />;
}
