/** A server that takes photos as ours does, and breaks where it is told to. */

import { createHash, randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import { Refused, takeBody } from "./bodies";
import { Posts, type Input } from "./posts";
import { Resumables } from "./resumables";

export type Door = "createUpload" | "form" | "publish" | "status" | "POST" | "HEAD" | "PATCH";

/**
 * - cut: the connection breaks in the middle of the request
 * - lost: what was asked for is done, and the answer lost
 * - an error: with its code
 */
export type Fault = "cut" | "lost" | { status: number; code: string };

interface Asked {
  document: string;
  variables: { id: string; input: Input & { byteSize: number } };
}

export class Origin {
  /** Asked at every request, with how often that door was knocked at, from 1. */
  faultAt: (door: Door, count: number) => Fault | undefined = () => undefined;
  /** Called when what was asked for is done, before it is answered. */
  onDone: (door: Door, count: number) => void = () => undefined;
  readonly posts = new Posts();
  readonly resumables = new Resumables();
  readonly #forms = new Map<string, Buffer | null>();
  readonly #counts = new Map<Door, number>();
  readonly #server: Server;

  constructor() {
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch(() => response.destroy());
    });
  }

  async open(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  get url(): URL {
    const { port } = this.#server.address() as AddressInfo;
    return new URL(`http://127.0.0.1:${port}/graphql`);
  }

  countOf(door: Door): number {
    return this.#counts.get(door) ?? 0;
  }

  /** All forms and uploads that were begun are gone. */
  expire(): void {
    this.#forms.clear();
    this.resumables.clear();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? "";
    if (path === "/graphql") return this.#answerGraph(request, response);
    if (path.startsWith("/form/")) {
      const fault = this.#knock("form");
      const body = await takeBody(request, fault);
      return this.#finish("form", fault, response, async () => {
        await this.#keepForm(path, body.bytes, request);
        response.writeHead(204);
      });
    }
    return this.#answerResumable(request, response);
  }

  async #answerGraph(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await takeBody(request);
    const { document, variables } = JSON.parse(body.bytes.toString()) as Asked;
    const doors = new Map<string, Door>([
      ["CreateUpload", "createUpload"],
      ["PublishPhoto", "publish"],
      ["UploadStatus", "status"],
    ]);
    const door = doors.get(document) ?? "status";
    const fault = this.#knock(door);
    await this.#finish(door, fault, response, () => {
      response.writeHead(200, { "Content-Type": "application/json" });
      response.write(JSON.stringify(this.#do(door, variables)));
    });
  }

  #do(door: Door, { id, input }: Asked["variables"]): unknown {
    if (door === "createUpload") return this.#createUpload();
    if (door === "status") return { post: this.posts.status(id) };
    const bytes = this.#forms.get(input.uploadId) ?? this.resumables.bytesOf(input.uploadId);
    return { uploadPhoto: this.posts.publish(input, bytes && digest(bytes)) };
  }

  #createUpload(): unknown {
    const id = randomUUID();
    this.#forms.set(id, null);
    const fields = [{ name: "key", value: id }];
    const url = new URL(`/form/${id}`, this.url).href;
    return { createUpload: { upload: { id, url, fields, expiresAt: "" }, errors: [] } };
  }

  /** The fields as they were given, the file last, of the type that was named. */
  async #keepForm(path: string, bytes: Buffer, request: IncomingMessage): Promise<void> {
    const form = await formIn(bytes, request);
    const id = path.slice("/form/".length);
    const file = form.get("file");
    const isAsGiven = [...form.keys()].join() === "key,file" && form.get("key") === id;
    if (!isAsGiven || !this.#forms.has(id) || !(file instanceof File)) throw new Refused(403);
    if (file.type !== "image/webp") throw new Refused(403);
    this.#forms.set(id, Buffer.from(await file.arrayBuffer()));
  }

  async #answerResumable(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const door = request.method as Door;
    const fault = this.#knock(door);
    const body = await takeBody(request, fault);
    await this.#finish(door, fault, response, () => {
      response.writeHead(...this.resumables.answer(request, body.bytes));
      if (body.isCut) response.destroy();
    });
  }

  #knock(door: Door): Fault | undefined {
    const count = this.countOf(door) + 1;
    this.#counts.set(door, count);
    return this.faultAt(door, count);
  }

  async #finish(
    door: Door,
    fault: Fault | undefined,
    response: ServerResponse,
    work: () => Promise<void> | void,
  ): Promise<void> {
    if (typeof fault === "object") {
      refuse(response, fault);
      return;
    }
    // Bytes of a resumable upload are kept as far as they have come.
    if (fault === "cut" && door !== "PATCH") throw new Error("It is cut.");
    try {
      await work();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      refuse(response, error);
      return;
    }
    this.onDone(door, this.countOf(door));
    if (fault) response.destroy();
    else response.end();
  }
}

function refuse(
  response: ServerResponse,
  { status, code }: { status: number; code: string },
): void {
  response.writeHead(status, { "Content-Type": "application/json" });
  response.end(JSON.stringify({ errors: [{ message: code, extensions: { code } }] }));
}

function formIn(bytes: Buffer, { headers }: IncomingMessage): Promise<FormData> {
  const type = headers["content-type"] ?? "";
  return new Response(new Uint8Array(bytes), { headers: { "Content-Type": type } }).formData();
}

function digest(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}
