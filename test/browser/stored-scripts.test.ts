/**
 * What people store may be a page with scripts. Whoever looks at it, downloads it or follows a link to it runs none of
 * them with the origin of the service: there, they could do whatever he may.
 */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe } from 'node:test';
import type { BrowserContext, Page } from 'playwright-core';
import { text } from '../../web/src/text.ts';
import { downloadBy, openFile } from '../support/browser/actions.ts';
import { browserTests } from '../support/browser/browser-tests.ts';
import type { Visitor } from '../support/browser/visitor.ts';

/** Leaves traces wherever it can: in the storage, in a cookie, at the service, in the title. */
const SCRIPT = `
  try { localStorage.setItem('ran', 'yes'); } catch {}
  try { document.cookie = 'ran=yes; path=/'; } catch {}
  try { document.title = 'ran'; } catch {}
  fetch('/v1/session?ran');
  new Image().src = '/icon.svg?ran';
`;

const stored = [
  {
    name: 'page.html',
    type: 'text/html',
    content: `<!doctype html><title>stored</title><p>stored words</p><script>${SCRIPT}</script><img src="data:," onerror="localStorage.setItem('ran', 'yes')">`,
  },
  {
    name: 'drawing.svg',
    type: 'image/svg+xml',
    content: `<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9" onload="localStorage.setItem('ran', 'yes')"><title>stored words</title><script><![CDATA[${SCRIPT}]]></script></svg>`,
  },
] as const;

describe('a script that was stored', { concurrency: 2 }, () => {
  const test = browserTests();

  for (const { name, type, content } of stored) {
    test(`in ${name} does not run: in its view, by download, by a link, by its own address`, async (scene) => {
      const { visitor, token, tenant, service, files, another } = scene;
      const { page } = visitor;
      const bytes = Buffer.from(content);
      const { id } = await files.put(bytes, { name, type });
      const link = await service.operator
        .links(tenant)
        .create(id, { expires: new Date(Date.now() + 60_000).toISOString(), downloads: 9 });
      const asked = tracesAt(visitor.context);

      await visitor.signIn(token);
      await openFile(page, name);
      const preview = page.getByRole('region', { name: text.file.previewOf(name) });
      assert.equal(await preview.textContent(), content, 'the view shows it as the text that it is');
      const button = page
        .getByRole('group', { name: text.file.actions })
        .getByRole('button', { name: text.file.download });
      const downloaded = await downloadBy(page, () => button.click());
      assert.deepEqual(await readFile(downloaded.path), bytes);
      await noTraces(page, asked);

      const stranger = await another();
      const strangerAsked = tracesAt(stranger.context);
      await stranger.page.goto(link.url);
      const given = await downloadBy(stranger.page, () =>
        stranger.page.getByRole('button', { name: 'Download' }).click(),
      );
      assert.deepEqual(await readFile(given.path), bytes);
      await noTraces(stranger.page, strangerAsked);

      const address = async (): Promise<string> => {
        const headers = { authorization: `Bearer ${token}` };
        const answer = await fetch(`${service.url}/v1/files/${id}/tickets`, { method: 'POST', headers });
        const { ticket } = (await answer.json()) as { ticket: string };
        return `${service.url}/v1/files/${id}/content?ticket=${encodeURIComponent(ticket)}`;
      };
      const ticketed = await address();
      const kept = await downloadBy(page, () => page.goto(ticketed).catch(() => undefined));
      assert.deepEqual(await readFile(kept.path), bytes, 'its own address is a download');
      await noTraces(page, asked);

      await shownAllTheSame(visitor, await address());
      await noTraces(page, asked);
    });
  }
});

/** Shows what a browser would that knows no downloads: the policy of the answer has to do then. */
async function shownAllTheSame(visitor: Visitor, address: string): Promise<void> {
  const { page } = visitor;
  visitor.expectTrouble(/console: .*(?:Blocked script execution|Content Security Policy)/);
  await page.route(address, async (route) => {
    const response = await route.fetch();
    const { 'content-disposition': disposition, ...headers } = response.headers();
    assert.match(disposition ?? '', /^attachment/);
    await route.fulfill({ response, headers });
  });
  await page.goto(address);
  assert.ok((await page.content()).includes('stored words'), 'it is shown');
}

/** Requests of a stored script, from now on. */
function tracesAt(context: BrowserContext): readonly string[] {
  const asked: string[] = [];
  context.on('request', (request) => void (request.url().includes('?ran') && asked.push(request.url())));
  return asked;
}

async function noTraces(page: Page, asked: readonly string[]): Promise<void> {
  assert.deepEqual(asked, []);
  assert.ok((await page.context().cookies()).every(({ name }) => name !== 'ran'));
  assert.notEqual(await page.title(), 'ran');
  const state = await page.context().storageState();
  assert.ok(!JSON.stringify(state).includes('"ran"'), JSON.stringify(state));
}
