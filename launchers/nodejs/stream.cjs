// Results whose body comes piece by piece: an async iterable, a Node or a web stream. The action is asked
// for more only where the driver wants more, so nothing heaps up between them.
"use strict";

/** As the driver counts (`src/drivers/wire.ts`): more at a time, or more in all, ends the container. */
const PIECE_BYTES_MAX = 48 * 1024;
const PIECE_COST = 256;
const HEAD_BYTES_MAX = 64 * 1024;

/** What is being sent, by the sequence number of its run. */
const sendings = new Map();

/** `send` takes a message's status and text; resolves when all is sent, or nobody wants the rest. */
async function sendStream(seq, { head, body, send }) {
  if (Buffer.byteLength(head) > HEAD_BYTES_MAX) {
    throw new RangeError(`a streamed result may have ${HEAD_BYTES_MAX} bytes beside its body`);
  }
  const sending = new Sending(openSource(body), send);
  sendings.set(seq, sending);
  try {
    send(103, head);
    await sending.ended;
  } finally {
    sendings.delete(seq);
  }
}

function openSource(body) {
  if (typeof body.getReader === "function") {
    const reader = body.getReader();
    return { next: () => reader.read(), close: () => reader.cancel() };
  }
  const iterator = body[Symbol.asyncIterator]();
  const close = async () => {
    if (typeof body.destroy === "function") body.destroy();
    await iterator.return?.();
  };
  return { next: () => iterator.next(), close };
}

class Sending {
  #source;
  #send;
  #credit = 0;
  #isCancelled = false;
  #wake = () => {};
  #resolve;
  /** Resolves at the end, rejects with what went wrong in the body. */
  ended;

  constructor(source, send) {
    this.#source = source;
    this.#send = send;
    this.ended = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#sendAll().then(
        (isWhole) => isWhole && resolve(),
        (error) => {
          // What goes wrong once it is called off is nobody's concern.
          if (this.#isCancelled) return;
          reject(error);
          void this.#close();
        },
      );
    });
  }

  grant(credit) {
    this.#credit += credit;
    this.#wake();
  }

  cancel() {
    if (this.#isCancelled) return;
    this.#isCancelled = true;
    this.#wake();
    // The action's `finally` runs; only then its run is over.
    void this.#close().then(this.#resolve);
  }

  async #close() {
    try {
      await this.#source.close();
    } catch (error) {
      console.error(error);
    }
  }

  async #sendAll() {
    for (;;) {
      await this.#mayGoOn();
      if (this.#isCancelled) return false;
      const { done, value } = await this.#source.next();
      if (this.#isCancelled) return false;
      if (done) return true;
      const bytes = toBytes(value);
      for (let at = 0; at < bytes.length; at += PIECE_BYTES_MAX) {
        await this.#mayGoOn();
        if (this.#isCancelled) return false;
        const piece = bytes.subarray(at, at + PIECE_BYTES_MAX);
        this.#credit -= piece.length + PIECE_COST;
        this.#send(100, piece.toString("base64"));
      }
    }
  }

  async #mayGoOn() {
    while (this.#credit <= 0 && !this.#isCancelled) {
      await new Promise((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

function toBytes(value) {
  if (typeof value === "string") return Buffer.from(value);
  if (ArrayBuffer.isView(value))
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  if (value instanceof ArrayBuffer) return Buffer.from(value);
  throw new TypeError(`a streamed body has pieces of text or bytes, not of type '${typeof value}'`);
}

function grant(seq, credit) {
  sendings.get(seq)?.grant(credit);
}

function cancel(seq) {
  sendings.get(seq)?.cancel();
}

module.exports = { sendStream, grant, cancel };
