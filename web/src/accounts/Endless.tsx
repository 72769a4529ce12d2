/** A list that goes on as one gets to its end. */

import type { TypedDocumentNode } from "@graphql-typed-document-node/core";
import { useCallback, useEffect, useState, type ReactNode } from "react";

import { More } from "../ui/More";
import { Progress } from "../ui/Progress";
import { useReading } from "./reading";
import { Unread } from "./Unread";

const LOOKS_EVERY_MS = 3_000;

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
  /** What there is of it without a network. */
  offline?: ReactNode;
  /** Whether these are about to change by themselves. */
  isUnsettled?: (items: readonly Item[]) => boolean;
  after?: string | null;
}

/** A page, and those after it: each begins where the one before ends, also when that changes. */
export function Endless<Data, Item>(props: EndlessProps<Data, Item>) {
  const { query, username, first, listIn, after = null } = props;
  const { data, isLoading, refusal, again } = useReading(query, { username, first, after });
  const list = data && listIn(data);
  if (list) return <Known {...props} list={list} again={again} />;
  if (isLoading) return <Progress label="Loading" value={null} />;
  if (data || !refusal) return null;
  return <Unread refusal={refusal} onRetry={again} offline={props.offline} />;
}

interface KnownProps<Data, Item> extends EndlessProps<Data, Item> {
  list: Connection<Item>;
  again: () => void;
}

function Known<Data, Item>({ list, again, ...props }: KnownProps<Data, Item>) {
  const { show, empty, isUnsettled, after = null } = props;
  useLooking(Boolean(isUnsettled?.(itemsOf(list))), again);
  if (list.edges.length > 0) {
    return (
      <>
        {show(itemsOf(list))}
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

function itemsOf<Item>({ edges }: Connection<Item>): Item[] {
  return edges.map(({ node }) => node);
}

/** Looks again and again while that makes sense. */
function useLooking(isUnsettled: boolean, again: () => void): void {
  useEffect(() => {
    if (!isUnsettled) return;
    const looking = setInterval(again, LOOKS_EVERY_MS);
    return () => {
      clearInterval(looking);
    };
  }, [isUnsettled, again]);
}
