import type { CallOptions } from '../ports.ts';

/** What a call is sent with, as the SDK takes it. */
export function sendOptions({ signal }: CallOptions): { readonly abortSignal?: AbortSignal } {
  return signal === undefined ? {} : { abortSignal: signal };
}
