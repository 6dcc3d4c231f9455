/** The list of files. `SEALROOM_BROWSER_FILES` says how many there are in a long one; 300 unless given. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe } from 'node:test';
import type { Page } from 'playwright-core';
import { text } from '../../web/src/text.ts';
import { manyFiles } from '../support/browser/many-files.ts';
import { downloadBy, openFile, rowOf } from '../support/browser/actions.ts';
import { browserTests } from '../support/browser/browser-tests.ts';

const MANY = Number(process.env['SEALROOM_BROWSER_FILES'] ?? 300);
/** More rows than fit into the window, with some before and after. */
const MOST_ROWS_DRAWN = 60;
/** Of the page: a deletion can be taken back for so long. */
const PAST_UNDO = 20_000;

describe('the list of files', { concurrency: 2 }, () => {
  const test = browserTests();

  test('tells a newcomer what to do, and whoever may only read what to wait for', async ({
    visitor,
    token,
    another,
    tokenOf,
  }) => {
    await visitor.signIn(token);
    await visitor.page.getByRole('heading', { name: text.files.empty }).waitFor();
    await visitor.page.getByText(text.files.emptyWhy).waitFor();
    const reader = await another();
    await reader.signIn(await tokenOf('reader'));
    await reader.page.getByRole('heading', { name: text.files.emptyReader }).waitFor();
    assert.equal(await reader.page.getByRole('button', { name: text.upload.upload, exact: true }).count(), 0);
  });

  test(
    `of ${MANY} scrolls from end to end with few of them drawn`,
    async ({ t, visitor, token, files }) => {
      const { page } = visitor;
      await manyFiles(files, MANY);
      await visitor.signIn(token);
      await rowOf(page, nameOf(MANY - 1)).waitFor();
      let most = 0;
      for (let steps = 0; !(await rowOf(page, nameOf(0)).isVisible()); steps++) {
        assert.ok(steps < MANY, 'it comes to an end');
        await page.mouse.wheel(0, 3000);
        most = Math.max(most, await page.getByRole('row').count());
        await page.evaluate(() => new Promise(requestAnimationFrame));
      }
      await page.getByText(text.files.end(MANY)).first().waitFor();
      await page.evaluate(() => scrollTo(0, 0));
      await rowOf(page, nameOf(MANY - 1)).waitFor();
      most = Math.max(most, await page.getByRole('row').count());
      t.diagnostic(`${most} rows at most were in the document`);
      assert.ok(most > 10 && most <= MOST_ROWS_DRAWN, `${most} rows were in the document`);
    },
    { timeout: 60_000 + 100 * MANY },
  );

  test('is searched by name, also for what was not loaded yet', async ({ visitor, token, files }) => {
    const { page } = visitor;
    await files.put(Buffer.from('1'), { name: 'Bücher/Größe 1.txt', type: 'text/plain' });
    await manyFiles(files, 120);
    await visitor.signIn(token);
    const field = page.getByRole('searchbox', { name: text.files.search });
    await field.fill('grösse');
    await page.getByText(text.files.nothingFound('grösse')).first().waitFor();
    await field.fill('GRÖßE 1');
    await rowOf(page, 'Bücher/Größe 1.txt').waitFor();
    assert.equal(await page.getByRole('row').count(), 2, 'the head, and what was found');
    await field.press('Escape');
    await rowOf(page, nameOf(119)).waitFor();
  });

  test('downloads what is selected straight to disk, one after the other', async ({ visitor, token, files }) => {
    const { page } = visitor;
    const contents = new Map([
      ['one.txt', Buffer.alloc(3_000_000, 'one ')],
      ['umlaut ä/zwei.txt', Buffer.from('two')],
    ]);
    for (const [name, bytes] of contents) await files.put(bytes, { name, type: 'text/plain' });
    await visitor.signIn(token);
    for (const name of contents.keys()) await rowOf(page, name).getByRole('checkbox').click();
    await page.getByText(text.files.selected(2)).first().waitFor();
    const both = Promise.all(
      [...contents.keys()].map((name) => downloadOf(page, name.slice(name.lastIndexOf('/') + 1))),
    );
    await page
      .getByRole('toolbar', { name: text.files.selection })
      .getByRole('button', { name: text.files.download })
      .click();
    const paths = await both;
    const got = await Promise.all(paths.map((path) => readFile(path)));
    assert.deepEqual(got, [...contents.values()]);
  });

  test('deletes after a while, and not at all when that is taken back', async ({ t, visitor, token, files }) => {
    const { page } = visitor;
    const kept = await files.put(Buffer.from('kept'), { name: 'kept.txt', type: 'text/plain' });
    const gone = await files.put(Buffer.from('gone'), { name: 'gone.txt', type: 'text/plain' });
    await visitor.signIn(token);
    const remove = async (name: string): Promise<void> => {
      await rowOf(page, name).getByRole('checkbox').click();
      const toolbar = page.getByRole('toolbar', { name: text.files.selection });
      await toolbar.getByRole('button', { name: text.files.delete }).click();
      await rowOf(page, name).waitFor({ state: 'detached' });
      await page.getByText(text.files.deleted([name])).waitFor();
    };
    const sent: string[] = [];
    page.on('request', (request) => void (request.method() === 'DELETE' && sent.push(request.url())));
    await remove('kept.txt');
    await page.getByRole('button', { name: text.files.undo }).click();
    await rowOf(page, 'kept.txt').waitFor();
    await remove('gone.txt');
    assert.equal(sent.length, 0, 'nothing is sent as long as it can be taken back');
    await t.waitFor(() => assert.equal(sent.length, 1), { timeout: PAST_UNDO });
    await t.waitFor(async () =>
      assert.deepEqual(
        (await files.list()).files.map(({ id }) => id),
        [kept.id],
      ),
    );
    assert.ok(sent.every((address) => address.endsWith(gone.id)));
    await page.reload();
    await rowOf(page, 'kept.txt').waitFor();
    assert.equal(await rowOf(page, 'gone.txt').count(), 0);
  });

  test('deletes what was deleted when somebody leaves before that could be taken back no more', async ({
    t,
    visitor,
    token,
    files,
  }) => {
    const { page } = visitor;
    await files.put(Buffer.from('gone'), { name: 'gone.txt', type: 'text/plain' });
    await visitor.signIn(token);
    await openFile(page, 'gone.txt');
    await page.getByRole('button', { name: text.file.delete, exact: true }).click();
    await page.getByText(text.files.deleted(['gone.txt'])).waitFor();
    assert.equal((await files.list()).files.length, 1);
    await page.goto('about:blank');
    await t.waitFor(async () => assert.deepEqual((await files.list()).files, []), { timeout: 10_000 });
  });

  test('shares a file by a link that whoever has it can use as often as was said', async ({
    visitor,
    token,
    files,
    another,
    screenshot,
  }) => {
    const { page } = visitor;
    const bytes = Buffer.alloc(2_000_000, 'shared ');
    await files.put(bytes, { name: 'shared.txt', type: 'text/plain' });
    await visitor.signIn(token);
    await rowOf(page, 'shared.txt').getByRole('checkbox').click();
    await page
      .getByRole('toolbar', { name: text.files.selection })
      .getByRole('button', { name: text.files.share })
      .click();
    const dialog = page.getByRole('dialog', { name: text.share.title('shared.txt') });
    await dialog.getByLabel(text.share.counts.once).check();
    await dialog.getByRole('button', { name: text.share.make }).click();
    const link = await dialog.getByLabel(text.share.link, { exact: true }).inputValue();
    await screenshot('share');
    assert.equal(new URL(link).origin, new URL(page.url()).origin);

    const stranger = await another();
    await stranger.page.goto(link);
    await stranger.page.getByRole('heading', { name: 'shared.txt' }).waitFor();
    const press = (): Promise<void> => stranger.page.getByRole('button', { name: 'Download' }).click();
    const { path, name } = await downloadBy(stranger.page, press);
    assert.equal(name, 'shared.txt');
    assert.deepEqual(await readFile(path), bytes);

    const late = await another();
    late.expectTrouble(/console: .* 404 /);
    await late.page.goto(link);
    await late.page.getByRole('heading', { name: 'There is nothing here' }).waitFor();
  });
});

function nameOf(index: number): string {
  return `file ${index}.txt`;
}

/** Where a download of this name is once it is whole. */
async function downloadOf(page: Page, name: string): Promise<string> {
  const download = await page.waitForEvent('download', (each) => each.suggestedFilename() === name);
  return download.path();
}
