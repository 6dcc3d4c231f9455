/** The uploads of a session, by what a browser offers for them. */
import { withoutSlash } from '../../../src/addresses.ts';
import type { Principal } from '../../../src/access/roles.ts';
import type { Session } from '../session/session.ts';
import { lockedClaims, noClaims } from './claims.ts';
import type { UploadClaims } from './claims.ts';
import { systemClock } from './clock.ts';
import { noMemory, storedMemory } from './memory.ts';
import type { UploadMemory } from './memory.ts';
import type { Line } from './persevere.ts';
import { tusTransport } from './tus-transport.ts';
import { Uploads } from './uploads.ts';

const made = new WeakMap<Principal, Uploads>();

/** Those of whoever is signed in: they go on in whatever view, and whatever tenant, he is. */
export function uploadsOf({ principal, token }: Pick<Session, 'principal' | 'token'>): Uploads {
  const known = made.get(principal);
  if (known !== undefined) return known;
  const uploads = new Uploads({
    transport: tusTransport({
      base: withoutSlash(new URL(location.origin)),
      token,
      fetch: (input, init) => fetch(input, init),
      load: () => import('tus-js-client'),
    }),
    memory: pageMemory(),
    claims: pageClaims(),
    clock: systemClock,
    line: pageLine,
    random: () => Math.random(),
  });
  made.set(principal, uploads);
  return uploads;
}

const pageLine: Line = {
  onBack: (listener) => {
    addEventListener('online', listener);
    return () => removeEventListener('online', listener);
  },
};

function pageMemory(): UploadMemory {
  try {
    return storedMemory(localStorage, () => Date.now());
  } catch {
    // Some browsers are set to keep nothing, and throw at the mere name of it.
    return noMemory;
  }
}

function pageClaims(): UploadClaims {
  return isSecureContext ? lockedClaims(navigator.locks) : noClaims;
}
