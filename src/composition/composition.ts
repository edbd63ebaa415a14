// A composition: a conductor's code says which action runs next, and gets its result, until it says
// nothing more. Source: web-and-composition specification, 3.2 to 3.5.

import { isConductor, isSequence } from "../entities/action.ts";
import { type DocumentId, type QualifiedName, toDocumentId } from "../entities/names.ts";
import type { FoundAction } from "../invocation/messages.ts";
import { BriskError } from "../kernel/errors.ts";
import { type RawJson, toRawJson } from "../kernel/json.ts";
import { toErrorResponse } from "../station/records.ts";
import {
  type Continuation,
  readContinuation,
  toConductorPayload,
  toStepName,
} from "./continuation.ts";
import {
  type Ended,
  type PartEnd,
  Parts,
  type Response,
  type Whole,
  type WholeEnd,
  type WholeRun,
} from "./part.ts";

const TOO_LONG = "Too many actions in the composition.";
const FAILED: Response = toErrorResponse(3, "Activation failure during composition.");
const OVERLOADED: Response = toErrorResponse(
  3,
  "The platform is overloaded: the states of all compositions are too large together",
);
const NOTHING = "{}" as RawJson;

type Step = Extract<Continuation, { type: "step" }>;

export class CompositionRun {
  readonly #run: WholeRun;
  readonly #shared: { components: number; conductorRuns: number };
  readonly #parts = new Parts();
  /** What the conductor gets next. */
  #input: RawJson;
  /** Over the next input, for the conductor alone. */
  #state: RawJson | undefined;
  /** What the conductor asked for last. */
  #next: Step | undefined;

  constructor(run: WholeRun, payload: RawJson) {
    this.#run = run;
    this.#shared = run.counts.composition ?? { components: 0, conductorRuns: 0 };
    this.#input = payload;
  }

  async run(): Promise<WholeEnd> {
    try {
      return await this.#conductToEnd();
    } finally {
      this.#dropState();
    }
  }

  async #conductToEnd(): Promise<WholeEnd> {
    for (;;) {
      const { lengthMax } = this.#run;
      if (this.#shared.conductorRuns > 2 * lengthMax) {
        return this.#end(toErrorResponse(1, TOO_LONG));
      }
      this.#shared.conductorRuns++;
      // Read at once: a local would keep what is passed on while the step runs.
      const response = this.#readRun(await this.#conduct()) ?? (await this.#takeStep());
      if (response !== undefined) return this.#end(response);
    }
  }

  #conduct(): Promise<PartEnd> {
    const { whole, composer } = this.#run;
    const payload = toConductorPayload(this.#input, this.#state);
    this.#input = NOTHING;
    this.#dropState();
    return composer.runCode({ whole, action: toConductor(whole), payload });
  }

  /** The composition's response, where it is over; else there is a step to take. */
  #readRun(end: PartEnd): Response | undefined {
    const failed = this.#note(end);
    if (failed !== undefined) return failed;
    const { response } = end as Ended;
    // The size is what the code wrote, which need not be what the composition ends with.
    const { statusCode, result } = response;
    if (statusCode !== 0) return { statusCode, result };
    const next = readContinuation(result);
    if (next.type === "end") return { statusCode, result: next.result };
    this.#next = next;
    return this.#keepState(next.state);
  }

  #keepState(state: RawJson | undefined): Response | undefined {
    if (state !== undefined && !this.#run.composer.states.take(state)) return OVERLOADED;
    this.#state = state;
    return undefined;
  }

  #dropState(): void {
    if (this.#state !== undefined) this.#run.composer.states.giveBack(this.#state);
    this.#state = undefined;
  }

  /** The composition's response, where that goes no further. Whatever a step ends with is the next input. */
  async #takeStep(): Promise<Response | undefined> {
    const found = await this.#find();
    if (found === undefined) return FAILED;
    if (typeof found === "string") {
      this.#input = toRawJson({ error: found });
      return undefined;
    }
    return this.#readStep(await this.#begin(found));
  }

  /** What is to run, or the sentence that the conductor gets instead; nothing where neither is known. */
  async #find(): Promise<FoundAction | string | undefined> {
    const { whole, composer, lengthMax } = this.#run;
    const action = this.#next?.action;
    const name = toStepName(action, whole.user.namespace.name);
    if (name === undefined) {
      return `Failed to parse action name from json value ${JSON.stringify(action)} during composition.`;
    }
    if (this.#shared.components >= lengthMax) return TOO_LONG;
    try {
      await composer.checkRight(name, whole.user);
      return await composer.find(name, whole.user);
    } catch (cause) {
      return toRefusal(name, cause);
    }
  }

  #begin(action: FoundAction): Promise<PartEnd> {
    const { whole, composer, counts } = this.#run;
    const payload = this.#next?.params;
    this.#next = undefined;
    const part = { whole, action, ...(payload === undefined ? {} : { payload }) };
    const depth = counts.depth + 1;
    if (isConductor(action.document)) {
      return composer.runNested(part, { composition: this.#shared, depth });
    }
    this.#shared.components++;
    if (isSequence(action.document)) return composer.runNested(part, { depth });
    return composer.runCode(part);
  }

  #readStep(end: PartEnd): Response | undefined {
    const failed = this.#note(end);
    if (failed === undefined) this.#input = toInput((end as Ended).response.result);
    return failed;
  }

  #note(end: PartEnd): Response | undefined {
    if (end.type === "unsent") return FAILED;
    this.#parts.add(end);
    if (end.type === "ended") return undefined;
    const text = `Timeout reached when retrieving activation ${end.activationId} during composition.`;
    return toErrorResponse(3, text);
  }

  #end(response: Response): WholeEnd {
    return { response, parts: this.#parts };
  }
}

/** Its runs are those of a plain action. */
function toConductor({ action, composition }: Whole): FoundAction {
  const { alias, binding, pinned } = action;
  return {
    revision: action.revision as FoundAction["revision"],
    document: composition,
    ...(binding === undefined ? {} : { binding: binding as DocumentId }),
    ...(alias === undefined ? {} : { alias }),
    ...(pinned === undefined ? {} : { pinned }),
  };
}

/** An array is passed on as the field of an object: the conductor must hear of it. */
function toInput(result: RawJson): RawJson {
  return result.trimStart().startsWith("[") ? (`{"value":${result}}` as RawJson) : result;
}

function toRefusal(name: QualifiedName, cause: unknown): string | undefined {
  const id = toDocumentId(name);
  const code = cause instanceof BriskError ? cause.code : undefined;
  switch (code) {
    case "not-authorized":
    case "package-missing":
      return `Failed entitlement check for action with name '${id}' during composition.`;
    case "resource-missing":
    case "other-type":
      return `Failed to resolve action with name '${id}' during composition.`;
    default:
      return undefined;
  }
}
