// What a container driver that starts processes itself needs to know of a kind: the program, and the
// files it must see. Drivers that run images take the image's name from the manifest instead.

export interface Launch {
  readonly kind: string;
  /** Absolute path of the interpreter on the host. */
  readonly program: string;
  /**
   * Absolute path of a directory on the host with the launcher and the modules that every action of
   * this kind may import. It holds nothing else and is shown read-only to containers.
   */
  readonly directory: string;
  /** The launcher's path below `directory`. */
  readonly launcher: string;
  /** Arguments of the interpreter before the launcher, for a container of so much memory. */
  arguments(memoryMb: number): readonly string[];
}

export interface Launches {
  /** Rejects with a sentence that says how to get the kind, where it is not installed. */
  find(kind: string): Promise<Launch>;
}
