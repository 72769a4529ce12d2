/** Prepares one photo, off the page's thread. */

import { Refusal, UNREADABLE_PHOTO } from "../refusals";
import { type Wish, develop } from "./developing";
import type { News } from "./model";
import { offscreen } from "./offscreen";

function answer(event: MessageEvent<Wish>): void {
  const [port] = event.ports;
  const tell = (news: News): void => port?.postMessage(news);
  develop(event.data, offscreen, (fraction) => {
    tell({ fraction });
  }).then(
    (photo) => {
      tell({ photo });
    },
    (error: unknown) => {
      tell(refusalFrom(error));
    },
  );
}

/** Errors lose their class on the way to the page. */
function refusalFrom(error: unknown): News {
  if (error instanceof Refusal) return { code: error.code, message: error.message };
  return { code: UNREADABLE_PHOTO, message: String(error) };
}

addEventListener("message", answer, { once: true });
