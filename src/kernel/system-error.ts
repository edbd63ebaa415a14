// What the system says of a file or a connection, without what the sentence around it says already.

/** `ENOENT: no such file or directory, open '/x'` is `no such file or directory`; others stay as they are. */
export function describeSystemError(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const { code = "", message } = cause as NodeJS.ErrnoException;
  const isSystem = message.startsWith(`${code}: `);
  return (isSystem && /^E[A-Z0-9]+: (.+?), [a-z]+(?: '.*')?$/s.exec(message)?.[1]) || message;
}
