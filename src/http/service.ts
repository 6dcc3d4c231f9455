/** What every route works with. */
import type { IncomingMessage } from 'node:http';
import type { FailedAttempts } from '../access/attempts.ts';
import type { Access } from '../access/open.ts';
import type { Vault } from '../vault/vault.ts';
import type { Metrics } from './observe/metrics.ts';
import type { HttpOptions } from './options.ts';
import type { Admit } from './guard/rate-limit.ts';

export interface Service {
  readonly vault: Vault;
  readonly access: Access;
  readonly options: HttpOptions;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Those who tried to come in and could not. */
  readonly attempts: FailedAttempts;
  /** For requests with a token, once it is known whose it is. */
  readonly admit: Admit;
  readonly metrics: Metrics;
  /** Tells a client that waits for it to send its body: for routes that read one by hand. */
  readonly sayContinue: (request: IncomingMessage) => void;
}
