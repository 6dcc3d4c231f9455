/** What can be done with a pointer can be done without one. No test here points at anything. */
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import type { Locator, Page } from 'playwright-core';
import { text } from '../../web/src/text.ts';
import { rowOf, seededFile, uploaded } from '../support/browser/actions.ts';
import { browserTests } from '../support/browser/browser-tests.ts';

/** Stops of the tab key in a view, and more. */
const MOST_STOPS = 60;

describe('by the keyboard alone', () => {
  const test = browserTests();

  test('somebody signs in, uploads, opens, shares, deletes and takes that back', async ({
    visitor,
    token,
    service,
    files,
    folder,
  }) => {
    const { page } = visitor;
    const { keyboard } = page;
    await page.goto(service.url);
    await tabTo(page, page.getByLabel(text.session.token));
    await keyboard.type(token);
    await keyboard.press('Enter');
    await page.getByRole('heading', { name: text.files.empty }).waitFor();

    await tabTo(page, page.getByRole('button', { name: text.upload.upload, exact: true }));
    await keyboard.press('Enter');
    await hasFocus(page.getByRole('menuitem', { name: text.upload.chooseFiles }));
    const paths = [await seededFile(folder, 'first.bin', 1, 1000), await seededFile(folder, 'second.bin', 2, 1000)];
    const [dialog] = await Promise.all([page.waitForEvent('filechooser'), keyboard.press('Enter')]);
    await dialog.setFiles(paths);
    await uploaded(page, 2);
    await rowOf(page, 'second.bin').waitFor();
    await rowOf(page, 'first.bin').waitFor();

    await tabTo(page, page.locator('[role=row][tabindex="0"]'));
    await moveTo(page, rowOf(page, 'first.bin'));
    await keyboard.press('Enter');
    await page.getByRole('heading', { name: 'first.bin', level: 1 }).waitFor();

    await tabTo(page, page.getByRole('button', { name: text.file.share, exact: true }));
    await keyboard.press('Enter');
    const share = page.getByRole('dialog', { name: text.share.title('first.bin') });
    await share.waitFor();
    await tabTo(page, share.getByRole('button', { name: text.share.make }));
    await keyboard.press('Enter');
    const copy = share.getByRole('button', { name: text.share.copy });
    await copy.waitFor();
    await keyboard.press('Escape');
    await share.waitFor({ state: 'hidden' });
    await hasFocus(page.getByRole('button', { name: text.file.share, exact: true }));

    await tabTo(page, page.getByRole('button', { name: text.file.delete, exact: true }));
    await keyboard.press('Enter');
    await page.getByText(text.files.deleted(['first.bin'])).waitFor();
    await keyboard.press('Control+z');
    await rowOf(page, 'first.bin').waitFor();
    await page.getByText(text.files.undone(1)).waitFor();

    await tabTo(page, page.locator('[role=row][tabindex="0"]'));
    await moveTo(page, rowOf(page, 'second.bin'));
    await keyboard.press('Space');
    await page.getByText(text.files.selected(1)).first().waitFor();
    await keyboard.press('Delete');
    await rowOf(page, 'second.bin').waitFor({ state: 'detached' });
    await tabTo(page, page.getByRole('button', { name: text.files.undo }));
    await keyboard.press('Enter');
    await rowOf(page, 'second.bin').waitFor();
    assert.equal((await files.list()).files.length, 2);

    await tabTo(page, page.getByRole('button', { name: text.shell.signOut }));
    await keyboard.press('Enter');
    await page.getByLabel(text.session.token).waitFor();
  });

  test('whatever has the focus shows it', async ({ visitor, token, files }) => {
    const { page } = visitor;
    await files.put(Buffer.from('words'), { name: 'words.txt', type: 'text/plain' });
    await visitor.signIn(token);
    await rowOf(page, 'words.txt').waitFor();
    const seen = new Set<string>();
    for (let stop = 0; stop < 12; stop++) {
      await page.keyboard.press('Tab');
      const [what, shown] = await page.evaluate(focusShown);
      assert.ok(shown, `the focus is shown on ${what}`);
      seen.add(what);
    }
    assert.ok(seen.size > 4, [...seen].join(', '));
  });
});

/** What has the focus, in words, and whether it, or something around it, shows that. Run in the page. */
function focusShown(): [string, boolean] {
  const element = document.activeElement ?? document.body;
  const what = element.getAttribute('aria-label') ?? element.textContent.slice(0, 40);
  for (let each: Element | null = element; each !== null && each !== document.body; each = each.parentElement) {
    const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(each);
    if ((outlineStyle !== 'none' && Number.parseFloat(outlineWidth) > 0) || boxShadow !== 'none') return [what, true];
  }
  return [what, element === document.body];
}

/** Presses the tab key until something has the focus. */
async function tabTo(page: Page, target: Locator): Promise<void> {
  await target.first().waitFor();
  for (let stop = 0; stop < MOST_STOPS; stop++) {
    if (await isFocused(target)) return;
    await page.keyboard.press('Tab');
  }
  assert.fail(`the tab key does not lead to ${String(target)}`);
}

/** Presses an arrow key until a row has the focus. */
async function moveTo(page: Page, row: Locator): Promise<void> {
  for (const key of ['ArrowDown', 'ArrowUp']) {
    for (let step = 0; step < 3; step++) {
      if (await isFocused(row)) return;
      await page.keyboard.press(key);
    }
  }
  assert.ok(await isFocused(row), `the arrow keys do not lead to ${String(row)}`);
}

async function hasFocus(target: Locator): Promise<void> {
  await target.and(target.page().locator(':focus')).waitFor();
}

async function isFocused(target: Locator): Promise<boolean> {
  return (await target.and(target.page().locator(':focus')).count()) > 0;
}
