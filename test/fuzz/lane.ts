// One sender of the fuzz test: a namespace of its own, one request after the other, each answer looked
// at, and what it changed kept in a model.

import assert from "node:assert/strict";
import { waitFor } from "../api/fixture.ts";
import { basic, type createKey } from "../api/tenants.ts";
import type { Answer, Brisk } from "../harness.ts";
import { checkAnswer } from "./answers.ts";
import type { Operation } from "./document.ts";
import { type Change, EntityModel } from "./model.ts";
import type { Credentials, FuzzRequest } from "./requests.ts";
import { ACTIVATION_ID, OTHER_NAMESPACE, OWN_NAMESPACE } from "./words.ts";

/** No request of this test waits for anything that takes so long. */
const DEADLINE_MS = 10_000;
const BODY_SHOWN_MAX = 2000;
const PREFIX = "/api/v1";

type Key = ReturnType<typeof createKey>;

export interface LaneOptions {
  readonly brisk: Brisk;
  readonly operations: readonly Operation[];
  readonly own: Key;
  /** Of another sender, to whom this one's namespace is as foreign. */
  readonly other: Key;
}

export class Lane {
  readonly #options: LaneOptions;
  readonly #model: EntityModel;
  readonly #activationIds: string[] = [];

  constructor(options: LaneOptions) {
    this.#options = options;
    const { brisk, operations, own } = options;
    const headers = basic(toPair(own));
    this.#model = new EntityModel(operations, own.name, (method, path) =>
      brisk.request(method, PREFIX + path, {
        headers,
        signal: AbortSignal.timeout(DEADLINE_MS),
      }),
    );
  }

  /** Rejects with what was sent and answered where an invariant does not hold. */
  async send(request: FuzzRequest): Promise<Answer> {
    const path = this.#fill(request.path, request);
    const body = request.body && Buffer.from(this.#fill(request.body.toString("latin1")), "latin1");
    const sent = body === undefined ? {} : { body };
    let answer: Answer | undefined;
    try {
      answer = await this.#options.brisk.request(request.method, PREFIX + path + request.query, {
        ...sent,
        headers: { ...request.headers, authorization: this.#authorization(request) },
        signal: AbortSignal.timeout(DEADLINE_MS),
      });
      checkAnswer(request, answer);
      await this.#keep(request.credentials, { method: request.method, path, ...sent }, answer);
      return answer;
    } catch (cause) {
      const shown = { ...request, operation: request.operation.path, path, body: show(body) };
      const { status, headers, text } = answer ?? {};
      const answered = { status, headers, text: text?.slice(0, BODY_SHOWN_MAX) };
      throw new Error(`${cause}\n${JSON.stringify({ shown, answered }, undefined, 1)}`, { cause });
    }
  }

  async #keep(credentials: Credentials, change: Change, answer: Answer): Promise<void> {
    const { method, path } = change;
    const [, , namespace] = path.split("/");
    const isOwn = namespace === "_" || namespace === this.#options.own.name;
    const isChange = method === "PUT" || method === "DELETE";
    if (isChange && path.startsWith("/namespaces/") && (credentials !== "own" || !isOwn)) {
      assert.ok(answer.status >= 400, "nobody changes what is not theirs");
    }
    const id = answer.headers["x-openwhisk-activation-id"];
    if (typeof id === "string") this.#activationIds.push(id);
    await this.#model.apply(change, answer);
  }

  #fill(text: string, { credentials }: Partial<FuzzRequest> = {}): string {
    const { own, other } = this.#options;
    // Where the other one's key is sent, it is this namespace that is foreign to it.
    const isOther = credentials === "other";
    return text
      .replaceAll(OWN_NAMESPACE, own.name)
      .replaceAll(OTHER_NAMESPACE, isOther ? own.name : other.name)
      .replace("/namespaces/_/", isOther ? `/namespaces/${own.name}/` : "$&")
      .replaceAll(ACTIVATION_ID, this.#activationIds.at(-1) ?? "$&");
  }

  #authorization({ credentials }: FuzzRequest): string | undefined {
    const { own, other } = this.#options;
    switch (credentials) {
      case "own":
        return basic(toPair(own)).authorization;
      case "other":
        return basic(toPair(other)).authorization;
      case "unknown":
        return basic(`${own.uuid}:${other.key}`).authorization;
      case "malformed":
        return "Basic \u00ff=:=";
      case "none":
        return undefined;
    }
  }

  /** Nothing of what was answered is lost: neither an entity nor an accepted activation. */
  async check(): Promise<void> {
    await this.#model.check();
    const { brisk, own } = this.#options;
    const headers = basic(toPair(own));
    for (const id of this.#activationIds) {
      const path = `${PREFIX}/namespaces/${own.name}/activations/${id}`;
      await waitFor(async () => {
        const { status } = await brisk.request("GET", path, { headers });
        return status === 200 || undefined;
      });
    }
  }
}

function toPair({ uuid, key }: Key): string {
  return `${uuid}:${key}`;
}

function show(body: Buffer | undefined): string | undefined {
  return body?.toString().slice(0, BODY_SHOWN_MAX);
}
