// Signs in who is named in the page's address, and opens their photos as the page for frontend teams does.

import { trustOwnScripts } from "./frame/trust";
import { open } from "./photos";
import { signIn } from "./session";

function element<Type extends HTMLElement>(id: string, type: new () => Type): Type {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new Error(`There is no ${id}.`);
  return found;
}

const { viewerId, ...tokens } = JSON.parse(decodeURIComponent(location.hash.slice(1)));
trustOwnScripts();
signIn(tokens);
open(viewerId, {
  feed: element("feed", HTMLElement),
  news: element("news", HTMLButtonElement),
  photo: element("photo", HTMLInputElement),
  altText: element("altText", HTMLInputElement),
  steps: element("steps", HTMLElement),
  refused: element("refused", HTMLElement),
});
