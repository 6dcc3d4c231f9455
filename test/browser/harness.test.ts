/** A page in which nothing is seen to go wrong proves something only where it would be seen. */
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { browserTests } from '../support/browser/browser-tests.ts';

/** What is run in the page, and what is to be seen of it. */
const troubles: readonly (readonly [script: string, seen: RegExp])[] = [
  ['setTimeout(() => { throw new Error("thrown later"); })', /uncaught: .*thrown later/],
  ['console.error("said so")', /console: said so/],
  ['fetch("/v1/session")', /console: .* 401 /],
  ['fetch("http://127.0.0.1:1/").catch(() => undefined)', /console: .*127\.0\.0\.1:1.*Content Security Policy/],
  [
    'document.body.append(Object.assign(document.createElement("script"), { textContent: "1" }))',
    /console: .*inline script.*Content Security Policy/,
  ],
];

describe('what goes wrong in the page', () => {
  const test = browserTests();

  test('is seen, and fails a test that did not expect it', async ({ t, visitor, service }) => {
    const { page } = visitor;
    await page.goto(service.url);
    for (const [script, seen] of troubles) {
      await page.evaluate(`void (${script})`);
      await t.waitFor(() => assert.throws(() => visitor.check(), seen));
      visitor.expectTrouble(seen);
    }
    visitor.check();
  });

  test('is seen of requests that no answer comes to', async ({ t, visitor, service }) => {
    const { page } = visitor;
    await page.goto(service.url);
    await page.route('**/v1/session', (route) => route.abort('connectionrefused'));
    await page.evaluate('void fetch("/v1/session").catch(() => undefined)');
    const seen = /request: GET .*\/v1\/session failed: net::ERR_CONNECTION_REFUSED/;
    await t.waitFor(() => assert.throws(() => visitor.check(), seen));
    visitor.expectTrouble(/ERR_CONNECTION_REFUSED/);
  });
});
