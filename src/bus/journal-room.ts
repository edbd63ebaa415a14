// Who may have how much of the bus's room. New work and the steps of accepted work have a half of the disk
// each, of which every owner may have half of what the others leave: who floods the bus is refused, and
// others find room. What follows work that ends is its sender's to bound, else work would wait for itself.
//
// What is done stays on disk until it is as much as what is not, so that the bounds of the disk lie beyond.

import { type BriskError, failure } from "../kernel/errors.ts";
import { Shares } from "../kernel/shares.ts";
import { MB } from "../kernel/units.ts";
import type { Message } from "./journal-message.ts";

/** Of what is not done, in parts of the disk. */
const LIVE_SHARE = 0.5;
/** Of the disk: beyond it nothing new is taken, and what comes of accepted work still is. */
const NEW_SHARE = 1.5;
const DISK_SHARE = 2;
/** Messages for each one of new work: itself, a step of it, and half a further try each of two kinds. */
const MESSAGES_SHARE = 3;

export interface RoomBounds {
  readonly messagesMax: number;
  readonly bytesMax: number;
}

/** Of all owners together. */
export interface Occupied {
  readonly messages: number;
  readonly bytes: number;
}

export class JournalRoom {
  readonly #bounds: RoomBounds;
  readonly #counts: Shares;
  readonly #bytes: Shares;
  readonly #stepBytes: Shares;

  constructor(bounds: RoomBounds) {
    this.#bounds = bounds;
    const liveBytesMax = bounds.bytesMax * LIVE_SHARE;
    this.#counts = new Shares(bounds.messagesMax);
    this.#bytes = new Shares(liveBytesMax);
    this.#stepBytes = new Shares(liveBytesMax);
  }

  /** Why there is no room for it, if there is none. The last one may be larger than what was left. */
  findFull({ standing, owner }: Message, { messages, bytes }: Occupied): BriskError | undefined {
    const { messagesMax, bytesMax } = this.#bounds;
    const diskShare = standing === "new" ? NEW_SHARE : DISK_SHARE;
    if (messages >= MESSAGES_SHARE * messagesMax || bytes > diskShare * bytesMax) {
      return failure("bus-full", { waiting: messages });
    }
    const hasRoom =
      standing === "new"
        ? this.#counts.hasRoom(owner) && this.#bytes.hasRoom(owner)
        : standing !== "step" || this.#stepBytes.hasRoom(owner);
    return hasRoom ? undefined : this.#toRefusal(owner, messages);
  }

  /** Who has nothing here is refused for what others have. */
  #toRefusal(owner: string, waiting: number): BriskError {
    const count = this.#counts.of(owner);
    const bytes = this.#bytes.of(owner) + this.#stepBytes.of(owner);
    if (count === 0 && bytes === 0) return failure("bus-full", { waiting });
    return failure("too-many-waiting", { count, megabytes: Math.ceil(bytes / MB) });
  }

  /** It is in the journal. */
  add({ standing, owner, position }: Message): void {
    const length = position?.length ?? 0;
    if (standing === "step") this.#stepBytes.add(owner, length);
    if (standing !== "new") return;
    this.#counts.add(owner, 1);
    this.#bytes.add(owner, length);
  }

  /** It was added, and is not there any more. */
  remove({ standing, owner, position }: Message): void {
    const length = position?.length ?? 0;
    if (standing === "step") this.#stepBytes.giveBack(owner, length);
    if (standing !== "new") return;
    this.#counts.giveBack(owner, 1);
    this.#bytes.giveBack(owner, length);
  }
}
