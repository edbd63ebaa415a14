// A sequence: each component runs on the result of the one before, until one fails (web-and-composition
// specification, 2.3).

import { isConductor, isSequence } from "../entities/action.ts";
import { toComponentName } from "../entities/components.ts";
import { fromPath } from "../entities/names.ts";
import type { Identity } from "../entities/subject.ts";
import type { FoundAction } from "../invocation/messages.ts";
import { BriskError } from "../kernel/errors.ts";
import { isJsonObject, type RawJson } from "../kernel/json.ts";
import { toErrorResponse } from "../station/records.ts";
import {
  type PartEnd,
  Parts,
  type Response,
  type Whole,
  type WholeEnd,
  type WholeRun,
} from "./part.ts";

const MISSING: Response = toErrorResponse(1, "Sequence component does not exist.");
const TOO_LONG: Response = toErrorResponse(1, "Too many actions in the sequence.");
const FAILED: Response = toErrorResponse(3, "Sequence failed.");
const NOTHING: Response = { statusCode: 0, result: "{}" as RawJson };

export class SequenceRun {
  readonly #run: WholeRun;
  readonly #shared: { atomic: number };
  readonly #parts = new Parts();
  /** Of the last part: what the next one gets, and what the sequence ends with. */
  #response: Response;

  constructor(run: WholeRun, payload: RawJson) {
    this.#run = run;
    this.#shared = run.counts.sequence ?? { atomic: 0 };
    this.#response = { statusCode: 0, result: payload };
  }

  async run(components: readonly string[]): Promise<WholeEnd> {
    // All at once, so that what is changed meanwhile does not change what has begun.
    const found = await Promise.all(components.map((component) => this.#find(component)));
    for (const action of found) {
      const refusal = "statusCode" in action ? action : this.#count(action);
      if (refusal !== undefined) return { response: refusal, parts: this.#parts };
      // Passed on at once: a local would keep the result while the next component runs.
      if (!this.#goesOn(await this.#begin(action as FoundAction))) break;
    }
    return { response: this.#response, parts: this.#parts };
  }

  async #find(component: string): Promise<FoundAction | Response> {
    const { composer, whole } = this.#run;
    const name = toComponentName(component);
    try {
      // Whoever shares a sequence need not share what it is made of: the caller need not have that,
      // but where REST asks for it before the sequence begins.
      return await composer
        .find(name, whole.user)
        .catch((cause) => composer.find(name, toOwner(whole, cause)));
    } catch (cause) {
      // Its name may be another thing's by now, or another's secret: for this caller it is not there.
      return cause instanceof BriskError && cause.status < 500 ? MISSING : FAILED;
    }
  }

  /** A composition is one action, whatever it runs. */
  #count({ document }: FoundAction): Response | undefined {
    const { counts, lengthMax } = this.#run;
    if (this.#shared.atomic >= lengthMax) return TOO_LONG;
    if (!isSequence(document)) this.#shared.atomic++;
    // Two updates at a time can close a circle of nothing but sequences.
    return isNested(document) && counts.depth >= lengthMax ? TOO_LONG : undefined;
  }

  #begin(action: FoundAction): Promise<PartEnd> {
    const { whole, composer, counts } = this.#run;
    const part = { whole, action, payload: this.#response.result };
    this.#response = NOTHING;
    const depth = counts.depth + 1;
    if (isSequence(action.document)) {
      return composer.runNested(part, { sequence: this.#shared, depth });
    }
    if (isConductor(action.document)) return composer.runNested(part, { depth });
    return composer.runCode(part);
  }

  #goesOn(end: PartEnd): boolean {
    if (end.type === "unsent") {
      this.#response = FAILED;
      return false;
    }
    this.#parts.add(end);
    this.#response = end.type === "late" ? toLate(end.activationId) : end.response;
    return !isError(this.#response);
  }
}

function isNested(document: FoundAction["document"]): boolean {
  return isSequence(document) || isConductor(document);
}

function toLate(activationId: string): Response {
  const text = `Timeout reached when retrieving activation ${activationId} for sequence component.`;
  return toErrorResponse(3, text);
}

/** As whom the sequence's owner looks, who may have lost what it was put with; throws what is no refusal. */
function toOwner({ user, composition }: Whole, cause: unknown): Identity {
  if (!(cause instanceof BriskError) || cause.code !== "not-authorized") throw cause;
  const { namespace: name } = fromPath(composition.namespace);
  return { ...user, namespace: { ...user.namespace, name } };
}

/** A composition may end well and have such a field all the same. */
function isError({ statusCode, result }: Response): boolean {
  if (statusCode !== 0) return true;
  if (!result.includes('"error"')) return false;
  const value: unknown = JSON.parse(result);
  return isJsonObject(value) && Object.hasOwn(value, "error");
}
