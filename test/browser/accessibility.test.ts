/** What keeps people from using the page, as far as a program can tell: in every view, light and dark, and on a phone. */
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import { text } from '../../web/src/text.ts';
import { openFile, rowOf } from '../support/browser/actions.ts';
import { browserTests } from '../support/browser/browser-tests.ts';
import type { Scene } from '../support/browser/browser-tests.ts';
import type { Visitor } from '../support/browser/visitor.ts';

/** The page as somebody sees it who likes it dark, or has a phone. */
const looks = [
  { name: 'light', options: { colorScheme: 'light' } },
  { name: 'dark', options: { colorScheme: 'dark' } },
  { name: 'on a phone', options: { viewport: { width: 390, height: 844 } } },
] as const;

/** Looks at a view: nothing of weight is found, and nothing has to be scrolled sideways. */
async function examine(page: Page, view: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'])
    .analyze();
  const weighty = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  const told = weighty.map(({ id, nodes }) => `${view}: ${id} at ${nodes.map(({ html }) => html).join(' ')}`);
  assert.deepEqual(told, []);
  const [needed, there] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth] as const);
  assert.ok(needed <= there, `${view} is ${needed} wide in a window of ${there}`);
}

describe('nobody is kept out', () => {
  const test = browserTests();

  for (const { name, options } of looks) {
    test(`of a view, ${name}`, async (scene) => {
      const visitor = await scene.another(options);
      await everyView(scene, visitor, name);
    });
  }
});

async function everyView(scene: Scene, visitor: Visitor, look: string): Promise<void> {
  const { page } = visitor;
  const { files } = scene;
  const shown = async (view: string): Promise<void> => {
    await examine(page, `${view}, ${look}`);
    await scene.screenshot(`${view}-${look}`.replaceAll(' ', '-'), page);
  };
  await page.goto(scene.service.url);
  await page.getByLabel(text.session.token).waitFor();
  await shown('sign in');

  await visitor.signIn(await scene.tokenOf('admin'));
  await page.getByRole('heading', { name: text.files.empty }).waitFor();
  await shown('no files');

  const photo = { name: 'Holiday in the mountains/view from the summit at dawn.txt', type: 'text/plain' };
  await files.put(Buffer.from('words that were sealed'), { ...photo, tags: { album: 'summer' } });
  await files.put(Buffer.alloc(5_400_000), { name: 'Annual report.pdf.zip', type: 'application/zip' });
  await files.put(Buffer.from('{}'), { name: 'settings.json', type: 'application/json' });
  await page.reload();
  await rowOf(page, 'settings.json').waitFor();
  await shown('files');
  await rowOf(page, 'settings.json').getByRole('checkbox').click();
  await page.getByText(text.files.selected(1)).first().waitFor();
  await shown('files selected');
  await page
    .getByRole('toolbar', { name: text.files.selection })
    .getByRole('button', { name: text.files.share })
    .click();
  await page.getByRole('dialog').waitFor();
  await shown('share');
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'hidden' });

  await openFile(page, photo.name);
  await page.getByText('words that were sealed').waitFor();
  await shown('file');

  await page.goto(`${scene.service.url}/admin`);
  await page.getByRole('tab').first().waitFor();
  await shown('administration');
}
