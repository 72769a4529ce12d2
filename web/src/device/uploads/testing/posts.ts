/** What was published. */

export interface Input {
  uploadId: string;
  description: string;
  altText: string | null;
  idempotencyKey: string;
}

export interface Made extends Input {
  id: string;
  print: string;
  status: "PROCESSING" | "READY" | "FAILED";
  failure: string | null;
}

export class Posts {
  readonly made: Made[] = [];
  readonly #used = new Map<string, string>();
  /** What is answered instead, once each. */
  readonly refusals: string[] = [];
  /** What becomes of the next ones, in their order; READY of all others. */
  readonly fates: ("READY" | "FAILED" | "DELETED")[] = [];
  /** How often a post is PROCESSING still when it is asked for. */
  delays = 0;

  /** One post a key, as ours: `print` is null where there are no bytes. */
  publish(input: Input, print: string | null | undefined): unknown {
    const refusal = this.refusals.shift();
    if (refusal) return refused(refusal);
    const known = print ?? this.#used.get(input.uploadId);
    if (!known) return refused("UPLOAD_NOT_FOUND");
    const fingerprint = [known, input.description, input.altText].join();
    const earlier = this.made.find((one) => one.idempotencyKey === input.idempotencyKey);
    if (earlier && earlier.print !== fingerprint) return refused("IDEMPOTENCY_CONFLICT");
    this.#used.set(input.uploadId, known);
    const post = earlier ?? this.#make(input, fingerprint);
    return { post: shown(post), errors: [] };
  }

  status(id: string): unknown {
    const post = this.made.find((one) => one.id === id);
    if (!post) return null;
    if (this.delays > 0) this.delays -= 1;
    else this.#finish(post);
    return this.made.includes(post) ? shown(post) : null;
  }

  #make(input: Input, print: string): Made {
    const id = `post-${this.made.length + 1}`;
    const post: Made = { ...input, id, print, status: "PROCESSING", failure: null };
    this.made.push(post);
    return post;
  }

  #finish(post: Made): void {
    if (post.status !== "PROCESSING") return;
    const fate = this.fates.shift() ?? "READY";
    if (fate === "DELETED") this.made.splice(this.made.indexOf(post), 1);
    else post.status = fate;
    if (fate === "FAILED") post.failure = "It is no photo.";
  }
}

function refused(code: string): unknown {
  const path = code === "NOT_FOUND" ? ["idempotencyKey"] : null;
  return { post: null, errors: [{ code, message: code, path }] };
}

function shown({ id, status, failure }: Made): unknown {
  return { id, status, failure, image: null };
}
