// What sequences and compositions have in common: they run parts, one after the other, and are what
// their parts were. Here stand the words for it; how a part is run is the composer's matter.
//
// A whole may wait for hours, and there may be thousands: nothing here keeps arguments or results in
// memory while a part runs that does not have to be there afterwards.

import type { Action } from "../entities/action.ts";
import type { ActivationResponse } from "../entities/activation.ts";
import type { QualifiedName } from "../entities/names.ts";
import type { Identity } from "../entities/subject.ts";
import type { FoundAction } from "../invocation/messages.ts";
import type { ActivationId } from "../kernel/ids.ts";
import type { RawJson } from "../kernel/json.ts";
import type { NewActivation } from "../messages/activation-message.ts";
import type { StateRoom } from "./state-room.ts";

/** A sequence or conductor that is being run. */
export type Whole = Omit<NewActivation, "content" | "composition"> & {
  readonly composition: Action;
};

/** What is to be run, and with what: its own parameters are put under the arguments. */
export interface Part {
  readonly whole: Whole;
  readonly action: FoundAction;
  /** Absent for none but its own parameters. */
  readonly payload?: RawJson;
}

export type Response = ActivationResponse & { readonly result: RawJson };

/** Part of a whole that has ended, well or badly. */
export interface Ended {
  readonly type: "ended";
  readonly activationId: ActivationId;
  readonly response: Response;
  readonly durationMs: number;
  /** The most that it, or a part of it, may take. */
  readonly memoryMb: number;
}

/** Not heard of within its time; or it could not even be begun. */
export type PartEnd =
  | Ended
  | { readonly type: "late"; readonly activationId: ActivationId }
  | { readonly type: "unsent" };

/** What is counted across nested wholes; each count is one object for all that share it. */
export interface Counts {
  /** Of a sequence and the sequences in it. */
  readonly sequence?: { atomic: number };
  /** Of a composition and the compositions in it. */
  readonly composition?: { components: number; conductorRuns: number };
  /** Wholes in which this one stands. */
  readonly depth: number;
}

/** What a whole runs on. */
export interface Composer {
  readonly states: StateRoom;
  /** A component's action. Rejects with `not-authorized`, `resource-missing`, `other-type`. */
  find(name: QualifiedName, identity: Identity): Promise<FoundAction>;
  /** Rejects with `not-authorized`, or where the package is not there with `package-missing`. */
  checkRight(name: QualifiedName, identity: Identity): Promise<void>;
  /** An action's code. Rejects only with `stopping`: then the whole is not to end. */
  runCode(part: Part): Promise<PartEnd>;
  /** A sequence or composition in this one, with the counts that they share. Rejects as `runCode`. */
  runNested(part: Part, counts: Counts): Promise<PartEnd>;
}

export interface WholeRun {
  readonly whole: Whole;
  readonly composer: Composer;
  readonly counts: Counts;
  /** Of actions in a sequence, of components of a composition, and how deep they may be nested. */
  readonly lengthMax: number;
}

/** How a whole ended, with what its parts were. */
export interface WholeEnd {
  readonly response: Response;
  readonly parts: Parts;
}

/** What is known of the parts that have run. */
export class Parts {
  readonly ids: ActivationId[] = [];
  durationMs = 0;
  /** 0 where no part has told. */
  memoryMb = 0;

  add(end: Exclude<PartEnd, { type: "unsent" }>): void {
    this.ids.push(end.activationId);
    if (end.type === "late") return;
    this.durationMs += end.durationMs;
    this.memoryMb = Math.max(this.memoryMb, end.memoryMb);
  }
}
