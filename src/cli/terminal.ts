// Where a command's text goes. Colour only where a person reads it; a reader that goes away, as `head`
// does, ends the program quietly.

export interface TerminalStream {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** May be getters: each is read when something is printed on it. */
export interface TerminalStreams {
  readonly out: TerminalStream;
  readonly err: TerminalStream;
}

const GREEN = 32;
const RED = 31;
const BOLD = 1;

export class Terminal {
  readonly #streams: TerminalStreams;
  readonly #mayColour: boolean;

  constructor(streams: TerminalStreams, mayColour: boolean) {
    this.#streams = streams;
    this.#mayColour = mayColour;
  }

  /** One or more lines on stdout. */
  print(text: string): void {
    this.#streams.out.write(`${text}\n`);
  }

  /** One or more lines on stderr. */
  printAside(text: string): void {
    this.#streams.err.write(`${text}\n`);
  }

  /** `ok: …` */
  printOk(text: string): void {
    this.print(`${this.#colour(this.#streams.out, GREEN, "ok:")} ${text}`);
  }

  printOkAside(text: string): void {
    this.printAside(`${this.#colour(this.#streams.err, GREEN, "ok:")} ${text}`);
  }

  /** `error: …`, as one line whatever the server sent. */
  printError(text: string): void {
    const sentence = text.trim().replace(/\s*\n\s*/g, " ");
    this.printAside(`${this.#colour(this.#streams.err, RED, "error:")} ${sentence}`);
  }

  bold(text: string): string {
    return this.#colour(this.#streams.out, BOLD, text);
  }

  #colour(stream: TerminalStream, code: number, text: string): string {
    if (!this.#mayColour || stream.isTTY !== true || text === "") return text;
    return `\u001b[${code}m${text}\u001b[0m`;
  }
}
