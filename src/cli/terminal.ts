// Where a command's text goes. Colour only where a person reads it; a reader that goes away, as `head`
// does, ends the program quietly.

export interface TerminalStream {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

const GREEN = 32;
const RED = 31;
const BOLD = 1;

export class Terminal {
  readonly #out: TerminalStream;
  readonly #err: TerminalStream;
  readonly #mayColour: boolean;

  constructor(streams: { out: TerminalStream; err: TerminalStream }, mayColour: boolean) {
    this.#out = streams.out;
    this.#err = streams.err;
    this.#mayColour = mayColour;
  }

  /** One or more lines on stdout. */
  print(text: string): void {
    this.#out.write(`${text}\n`);
  }

  /** One or more lines on stderr. */
  printAside(text: string): void {
    this.#err.write(`${text}\n`);
  }

  /** `ok: …` */
  printOk(text: string): void {
    this.print(`${this.#colour(this.#out, GREEN, "ok:")} ${text}`);
  }

  printOkAside(text: string): void {
    this.printAside(`${this.#colour(this.#err, GREEN, "ok:")} ${text}`);
  }

  /** `error: …`, as one line whatever the server sent. */
  printError(text: string): void {
    const sentence = text.trim().replace(/\s*\n\s*/g, " ");
    this.printAside(`${this.#colour(this.#err, RED, "error:")} ${sentence}`);
  }

  bold(text: string): string {
    return this.#colour(this.#out, BOLD, text);
  }

  #colour(stream: TerminalStream, code: number, text: string): string {
    if (!this.#mayColour || stream.isTTY !== true || text === "") return text;
    return `\u001b[${code}m${text}\u001b[0m`;
  }
}
