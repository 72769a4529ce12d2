// Chromium on a string: `node drive.mjs PACKAGES ORIGIN` reads one call a line and answers each.
//
// {"id": 7, "call": "click", "args": ["#send"]} calls page.click("#send") of Playwright and is answered by
// {"id": 7, "result": …} or {"id": 7, "error": "…"}; the call "heard" tells what the page has asked for and said.

import { createInterface } from "node:readline";
import { launch } from "./chromium.mjs";

const [packages, origin] = process.argv.slice(2);
const heard = { requests: [], refused: [], sockets: [], complaints: [] };
const browser = await launch(packages);
const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });

page.on("request", (request) => heard.requests.push(request.url()));
page.on("websocket", (socket) => heard.sockets.push(socket.url()));
page.on("pageerror", (error) => heard.complaints.push(String(error)));
page.on("console", (message) => {
  if (message.type() === "error") heard.complaints.push(message.text());
});
await page.route(
  (url) => url.origin !== origin,
  (route) => {
    heard.refused.push(route.request().url());
    return route.abort();
  },
);

async function answer({ call, args = [] }) {
  if (call === "heard") return heard;
  const names = call.split(".");
  const owner = names.slice(0, -1).reduce((object, name) => object[name], page);
  return owner[names.at(-1)](...args);
}

for await (const line of createInterface({ input: process.stdin })) {
  const call = JSON.parse(line);
  const outcome = await answer(call).then(
    (result) => ({ result: isPlain(result) ? (result ?? null) : null }),
    (error) => ({ error: String(error) }),
  );
  process.stdout.write(`${JSON.stringify({ id: call.id, ...outcome })}\n`);
}
await browser.close();

function isPlain(value) {
  return value === heard || Array.isArray(value) || Object(value) !== value;
}
