// What the file system's errors mean to whoever wants something kept.

import { BriskError, failure } from "../kernel/errors.ts";

const FULL: readonly unknown[] = ["ENOSPC", "EDQUOT", "EFBIG"];
const READ_ONLY: readonly unknown[] = ["EROFS", "EACCES", "EPERM"];

export function toFileFailure(directory: string, cause: unknown): BriskError {
  if (cause instanceof BriskError) return cause;
  const { code, message } = cause as NodeJS.ErrnoException;
  if (FULL.includes(code)) return failure("storage-full", undefined, cause);
  if (READ_ONLY.includes(code)) return failure("read-only", { directory }, cause);
  return failure("storage-failed", { detail: message }, cause);
}
