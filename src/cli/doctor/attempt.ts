/** Trying things out, where an error is a finding. */
import { SealroomError, isSealroomError, throwIfCancelled } from '../../errors.ts';
import type { ErrorCode } from '../../errors.ts';
import type { Finding } from '../../finding.ts';

/** What to do about what went wrong, where its message does not say so itself. */
const mends: Partial<Record<ErrorCode, string>> = {
  'access-denied': 'Allow it: sealroom setup aws prints the policies of a reader, a writer and an operator.',
  'key-disabled': 'Enable the key, or name another one that the files were sealed under.',
  'key-pending-deletion': 'Cancel its deletion at once, then enable it.',
  'key-not-found': 'Mend the ARN and the Region in the key specification.',
  'bad-configuration': 'Mend what the message names, in sealroom.json or at AWS.',
  'bad-key': 'Name another key file, or mend this one.',
  'wrong-key': 'Name the key that the vault was made with.',
  'no-vault': 'Name the right folder with --vault, or bring back what is missing from a copy.',
  'wrong-vault': 'Bring configuration and catalog of the same vault together.',
  'unsupported-version': 'Use a newer Sealroom.',
  damaged: 'Restore it from a copy.',
  permission: 'Mend the owner and the mode of what the message names.',
  'no-space': 'Make room.',
  unavailable: 'Try again; if it stays so, look whether what the message names is up.',
};

/** The finding for an error. Anything but a failure that has a name passes on. */
function findingOfError(name: string, error: unknown): Finding {
  if (!isSealroomError(error) || error.code === 'cancelled') throw error;
  return faultOf(name, error);
}

export function faultOf(name: string, { code, message }: SealroomError): Finding {
  return { name, level: 'fault', what: message, code, mend: mends[code] ?? 'See docs/errors.md.' };
}

/** The fault of whoever is not allowed something. */
export function missingPermission(name: string, action: string): Finding {
  return faultOf(name, new SealroomError('access-denied', `may not ${action}`));
}

/** Findings come one by one; the first fault ends what builds on it. */
export class Examination {
  readonly findings: Finding[] = [];
  readonly #signal: AbortSignal;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  add(...findings: readonly Finding[]): void {
    this.findings.push(...findings);
  }

  /**
   * Does something that may go wrong.
   *
   * @param what the finding when it does not; undefined for none
   * @returns what it resolves with; undefined when it went wrong
   */
  async attempt<Value>(
    name: string,
    what: string | undefined,
    work: () => Promise<Value>,
  ): Promise<{ readonly value: Value } | undefined> {
    throwIfCancelled(this.#signal);
    try {
      const value = await work();
      if (what !== undefined) this.add({ name, level: 'ok', what });
      return { value };
    } catch (error) {
      throwIfCancelled(this.#signal);
      this.add(findingOfError(name, error));
      return undefined;
    }
  }
}
