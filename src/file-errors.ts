import { SealroomError, type ErrorCode } from './errors.ts';

/** What each system error means; whatever is not here is `unavailable`. */
const rows: Readonly<Record<string, readonly [code: ErrorCode, advice: string]>> = {
  ENOENT: ['not-found', 'it is not there'],
  ENOTDIR: ['not-found', 'a part of its path is no folder'],
  EISDIR: ['usage', 'it is a folder, and a file is wanted'],
  ELOOP: ['usage', 'its links lead in a circle'],
  ENAMETOOLONG: ['usage', 'its name is longer than the file system takes'],
  EEXIST: ['exists', 'it exists already, and nothing is overwritten'],
  ENOSPC: ['no-space', 'there is no room left: free some space and try again'],
  EDQUOT: ['no-space', 'the quota is used up: free some space or raise it, and try again'],
  EACCES: ['permission', 'access is denied: check the owner and the mode'],
  EPERM: ['permission', 'the system does not allow it: check the owner, the mode and the kind of file system'],
  EROFS: ['permission', 'the file system is read-only: mount it for writing'],
  EMFILE: ['unavailable', 'too many files are open: raise the limit (ulimit -n) and try again'],
  ENFILE: ['unavailable', 'too many files are open on this machine: try again later'],
  EIO: ['unavailable', 'the device failed: look at the system log before trying again'],
};

/**
 * The error for what the operating system refused. An error of Sealroom's comes back as it is.
 *
 * @param thing what was worked on, for people, such as `the blob folder /srv/files`
 */
export function fileError(error: unknown, thing: string): SealroomError {
  if (error instanceof SealroomError) return error;
  const system = systemCode(error);
  if (system === undefined) return new SealroomError('unexpected', `${thing}: an unexpected error`, { cause: error });
  const [code, advice] = rows[system] ?? ['unavailable', `the system answered ${system}`];
  return new SealroomError(code, `${thing}: ${advice}`, { cause: error });
}

/** The name of a system error, such as `ENOENT`; undefined for any other error. */
export function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('syscall' in error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
