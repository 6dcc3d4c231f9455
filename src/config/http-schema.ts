/** What `http` of `sealroom.json` may hold. */
import { z } from 'zod';
import { baseAddress, isLoopback } from '../addresses.ts';
import { isProxy } from './http.ts';
import type { HttpConfigFile } from './http.ts';

/** Blob sizes and offsets are numbers of JavaScript. */
const LARGEST_SIZE = Number.MAX_SAFE_INTEGER;
const SECONDS_OF_A_DAY = 24 * 60 * 60;
const seconds = (least: number, most: number): z.ZodInt => z.int().min(least).max(most);

const text = z.string().min(1);

/** The key itself, pasted where its file's name belongs, has lines: it must not come back in an error about the file. */
const path = z.string().regex(/^\P{Cc}+$/u, { error: 'expected the path of a file' });

const httpUrl = z
  .url({ protocol: /^https?$/, error: 'expected an http or https URL' })
  .refine(hasNoMoreThanPath, { error: 'expected a URL without user, query and fragment' });

const providerUrl = z
  .url({ protocol: /^https?$/, error: 'expected an https URL' })
  .refine(isPrivateUrl, { error: 'expected an https URL, or an http URL of this machine' });

const origin = z
  .string()
  .refine(isOrigin, { error: 'expected an origin as browsers send it, such as https://app.example.org' });

const proxy = z.string().refine(isProxy, {
  error: 'expected an IP address, a range such as 10.0.0.0/8, or loopback, linklocal, uniquelocal',
});

const oidcSchema = z
  .strictObject({
    issuer: providerUrl.describe('Exactly as the provider writes it in its tokens (iss).'),
    audience: text.describe('What the provider calls this service, exactly as in its tokens (aud).'),
    jwksUri: providerUrl.optional().describe("Where the provider's keys are; found by its discovery unless given."),
    algorithms: z
      .array(z.string())
      .min(1)
      .optional()
      .describe('Signatures to accept, of those that are safe to; all of them unless given.'),
    tenantClaim: text.optional().describe('The claim that names the tenant; tenant unless given.'),
    operator: z.boolean().optional().describe('Whether that claim may be *, for operators; false unless given.'),
    roleClaim: text.optional().describe('The claim that holds the role or a list of them; role unless given.'),
    roles: z
      .record(text, z.enum(['reader', 'writer', 'admin']))
      .optional()
      .describe("Values of that claim, and the role that each is; the roles' own names unless given."),
    requireAccessTokenType: z
      .boolean()
      .optional()
      .describe('Whether tokens must say that they are access tokens (typ of at+jwt); true unless given.'),
    timeout: seconds(1, 60).optional().describe('Seconds that the provider has to answer; 5 unless given.'),
    clientId: text
      .optional()
      .describe('What the provider calls the page, a public client; people sign in there by the provider if given.'),
    scope: text.optional().describe('What the page asks the provider for; openid unless given.'),
  })
  .describe('An identity provider (OpenID Connect) whose access tokens are taken beside the own ones.');

export const httpSchema: z.ZodType<HttpConfigFile> = z
  .strictObject({
    host: text.optional().describe('Address to listen on; 127.0.0.1 unless given. Any other needs TLS.'),
    port: z.int().min(0).max(65_535).optional().describe('Port to listen on; 8080 unless given. 0 takes a free one.'),
    publicUrl: httpUrl
      .optional()
      .describe('What addresses that are given out begin with; what a request names unless given.'),
    tls: z
      .strictObject({
        cert: path.describe('File of the certificate with its chain, in PEM.'),
        key: path.describe('File of its private key, in PEM.'),
      })
      .optional()
      .describe('Makes it HTTPS. Read again on SIGHUP.'),
    trustProxy: z
      .union([z.boolean(), z.array(proxy).min(1)])
      .optional()
      .describe(
        'Proxies in front that are believed about who calls: true for all in private networks, or a list of addresses and ranges; none unless given.',
      ),
    cors: z
      .strictObject({ origins: z.array(origin).describe('Origins whose pages may call the service.') })
      .optional()
      .describe('No page of another origin may call the service unless given.'),
    maxFileSize: z.int().min(1).max(LARGEST_SIZE).optional().describe('Most bytes of one file; 5 TiB unless given.'),
    idleTimeout: seconds(1, SECONDS_OF_A_DAY)
      .optional()
      .describe('Seconds that a client may be silent within a body; 60 unless given.'),
    shutdownDelay: seconds(0, SECONDS_OF_A_DAY)
      .optional()
      .describe(
        'Seconds to go on taking requests when it is to end, so that whoever watches /readyz sends them elsewhere; 5 unless given, none on a terminal or where only this machine is listened to.',
      ),
    shutdownGrace: seconds(0, SECONDS_OF_A_DAY)
      .optional()
      .describe('Seconds that transfers have to finish when it ends; 30 unless given.'),
    rateLimit: z
      .strictObject({
        requests: z.int().min(1).max(LARGEST_SIZE).describe('Most requests of one caller.'),
        seconds: seconds(1, SECONDS_OF_A_DAY).describe('Within so many seconds.'),
      })
      .optional()
      .describe('No limit unless given.'),
    sweepEvery: seconds(0, SECONDS_OF_A_DAY)
      .optional()
      .describe('Seconds between sweeps that the service does by itself; 600 unless given, 0 for none.'),
    oidc: oidcSchema.optional(),
  })
  .describe('The HTTP service.');

function hasNoMoreThanPath(value: string): boolean {
  return baseAddress(value) !== undefined;
}

/** Keys and tokens that come by plain HTTP could be anybody's. */
function isPrivateUrl(value: string): boolean {
  const url = URL.parse(value);
  if (url === null) return false;
  return url.protocol === 'https:' || isLoopback(url.hostname);
}

function isOrigin(value: string): boolean {
  const url = URL.parse(value);
  return url !== null && /^https?:$/.test(url.protocol) && url.origin === value;
}
