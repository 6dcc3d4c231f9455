/** The log of one app, held against what must never be in it. */
import assert from 'node:assert/strict';
import type { FastifyBaseLogger } from 'fastify';
import type { Access } from '../../src/access/open.ts';
import type { Vault } from '../../src/vault/vault.ts';
import { replacedFiles } from './replaced-files.ts';
import { createLogger } from '../../src/http/observe/log.ts';

/** Whatever the log may say. No other key is known to it, so no free text finds a place but in an error's message. */
const KEYS: ReadonlySet<string> = new Set([
  'level',
  'time',
  'msg',
  'requestId',
  'method',
  'route',
  'principal',
  'tenant',
  'file',
  'status',
  'complete',
  'ms',
  'received',
  'sent',
  'error',
]);

/** Characters of 256 bits in base64url. */
const SECRET_LENGTH = 43;

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export interface LogLine {
  readonly msg: string;
  readonly requestId: string;
  readonly method: string;
  readonly route: string;
  readonly tenant?: string;
  readonly file?: string;
  readonly status?: number;
  readonly error?: unknown;
}

export class WatchedLog {
  /** As they were written. */
  readonly texts: string[] = [];
  readonly #secrets = new Set<string>();
  readonly logger: FastifyBaseLogger = createLogger({
    level: 'trace',
    stream: { write: (line) => void this.texts.push(line) },
  });

  get lines(): LogLine[] {
    return this.texts.map((text) => JSON.parse(text) as LogLine);
  }

  /** From now on this must be in no line: neither as it is, nor in a coding that a log or an address might have it in. */
  mustNotTell(secret: string): void {
    assert.ok(secret.length >= 8, 'what is short stands in a log by accident');
    this.#secrets.add(secret);
  }

  /** The same access; what it gives out is a secret from then on. */
  watch(access: Access): Access {
    const { tokens } = access;
    // Without the id before it, which the log may have.
    const secretOf = (text: string): void => this.mustNotTell(text.slice(-SECRET_LENGTH));
    return {
      ...access,
      tokens: {
        ...tokens,
        create: async (request) => {
          const made = await tokens.create(request);
          secretOf(made.token);
          return made;
        },
      },
      links: (tenant) => {
        const links = access.links(tenant);
        return {
          ...links,
          create: async (file, request) => {
            const made = await links.create(file, request);
            secretOf(made.secret);
            return made;
          },
        };
      },
      use: async (secret, options) => {
        const used = await access.use(secret, options);
        if (used !== undefined) secretOf(used.visit);
        return used;
      },
      issueTicket: async (place, options) => {
        const made = await access.issueTicket(place, options);
        secretOf(made.ticket);
        return made;
      },
      redeemTicket: async (ticket, file, options) => {
        const redeemed = await access.redeemTicket(ticket, file, options);
        if (redeemed !== undefined) secretOf(redeemed.visit);
        return redeemed;
      },
    };
  }

  /** The same vault; the names that files get are secrets from then on, unless they are too short to be known again. */
  watchNames(vault: Vault): Vault {
    const note = (name: unknown): void => {
      if (typeof name === 'string' && name.length >= 8) this.mustNotTell(name);
    };
    return replacedFiles(vault, (files) => ({
      put: (bytes, options) => {
        note(options.name);
        return files.put(bytes, options);
      },
      update: (id, changes, options) => {
        note(changes.name);
        return files.update(id, changes, options);
      },
    }));
  }

  /** Fails when a line says more than it may. */
  check(): void {
    for (const text of this.texts) {
      const line = JSON.parse(text) as LogLine & Record<string, unknown>;
      assert.deepEqual(
        Object.keys(line).filter((key) => !KEYS.has(key)),
        [],
        text,
      );
      assert.match(line.requestId, UUID, text);
      assert.match(line.method, /^[A-Z-]+$/, text);
      // A pattern: whatever else a path may have is an id, a secret, or what a client made up.
      assert.match(line.route, /^(?:none|\/[a-z0-9:*./-]*)$/, text);
      if (line.file !== undefined) assert.match(line.file, UUID, text);
      if (line.tenant !== undefined) assert.match(line.tenant, /^[a-z0-9][a-z0-9-]{0,62}$/, text);
    }
    this.checkText(this.texts.join(''));
  }

  /** Fails when a text tells a secret. */
  checkText(text: string): void {
    for (const secret of this.#secrets) {
      for (const form of formsOf(secret)) assert.ok(!text.includes(form), `a secret was told: ${around(text, form)}`);
    }
  }
}

function formsOf(secret: string): Set<string> {
  const bytes = Buffer.from(secret);
  const quoted = JSON.stringify(secret).slice(1, -1);
  // The last characters of base64 depend on what follows.
  const base64 = ['base64', 'base64url'] as const;
  return new Set([
    secret,
    quoted,
    encodeURIComponent(secret),
    bytes.toString('latin1'),
    bytes.toString('hex'),
    ...base64.map((coding) => bytes.subarray(0, bytes.length - (bytes.length % 3)).toString(coding)),
  ]);
}

function around(text: string, found: string): string {
  const at = text.indexOf(found);
  return text.slice(Math.max(0, at - 200), at + found.length + 100);
}
