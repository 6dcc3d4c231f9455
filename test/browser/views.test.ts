/** Every view: axe finds nothing serious in it, light and dark, and it fits a phone. */
import { describe } from 'node:test';
import type { Page } from 'playwright-core';
import { text } from '../../web/src/text.ts';
import { assertAccessible, assertFitsPhone } from '../support/browser/accessible.ts';
import { chooseFiles, openFile, rowOf, seededFile, uploadPanel, uploaded } from '../support/browser/actions.ts';
import { browserTests } from '../support/browser/browser-tests.ts';
import type { Scene } from '../support/browser/browser-tests.ts';
import { pdf, png, wav } from '../support/browser/samples.ts';

/** Of a text, with a folder, and longer than a phone is wide. */
const NOTES = 'Holiday in the mountains/what was seen from the summit at dawn.md';

describe('everybody can use', { concurrency: 2 }, () => {
  const test = browserTests();

  /** Looks at what is shown now, and keeps a picture of it. */
  const examine = async ({ visitor: { page }, screenshot }: Scene, view: string): Promise<void> => {
    await assertAccessible(page, view);
    await assertFitsPhone(page, view);
    await screenshot(view);
  };

  test('the sign-in, also when it refuses', async (scene) => {
    const { page } = scene.visitor;
    await page.goto(scene.service.url);
    await page.getByLabel(text.session.token).waitFor();
    await examine(scene, 'sign-in');
    scene.visitor.expectTrouble(/console: .* 401 /);
    await page.getByLabel(text.session.token).fill('sr_wrong');
    await page.keyboard.press('Enter');
    await page.getByText(text.session.refused).first().waitFor();
    await examine(scene, 'sign-in-refused');
  });

  test('the files: none, some, some selected, one just deleted, none found', async (scene) => {
    const { visitor, token, files } = scene;
    const { page } = visitor;
    await visitor.signIn(token);
    await page.getByText(text.files.empty).waitFor();
    await examine(scene, 'files-empty');
    await putSamples(scene);
    await page.reload();
    await rowOf(page, 'Hills.png').waitFor();
    await examine(scene, 'files');
    await rowOf(page, 'Hills.png').getByRole('checkbox').click();
    await rowOf(page, NOTES).getByRole('checkbox').click();
    await page.getByText(text.files.selected(2)).first().waitFor();
    await examine(scene, 'files-selected');
    await files.put(Buffer.from('gone'), { name: 'gone.txt', type: 'text/plain' });
    await page.reload();
    await openFile(page, 'gone.txt');
    await page.getByRole('button', { name: text.file.delete, exact: true }).click();
    await page.getByRole('button', { name: text.files.undo }).hover();
    await examine(scene, 'files-deleted');
    await page.getByRole('searchbox').fill('no such name');
    await page.getByText(text.files.nothingFound('no such name')).first().waitFor();
    await examine(scene, 'files-not-found');
  });

  test('uploads, and sharing', async (scene) => {
    const { visitor, token, folder } = scene;
    const { page } = visitor;
    await visitor.signIn(token);
    await chooseFiles(page, [
      await seededFile(folder, 'one.bin', 1, 1000),
      await seededFile(folder, 'two.bin', 2, 1000),
    ]);
    await uploaded(page, 2);
    await uploadPanel(page).getByRole('listitem').first().waitFor();
    await examine(scene, 'uploads');
    await uploadPanel(page).getByRole('button', { name: text.upload.close }).click();
    await rowOf(page, 'one.bin').getByRole('checkbox').click();
    await page.getByRole('toolbar').getByRole('button', { name: text.files.share }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText(text.share.none).waitFor();
    await examine(scene, 'share');
    await dialog.getByRole('button', { name: text.share.make }).click();
    const link = await dialog.getByLabel(text.share.link, { exact: true }).inputValue();
    await examine(scene, 'share-made');
    await page.goto(link);
    await page.getByRole('button', { name: 'Download' }).waitFor();
    await examine(scene, 'shared');
  });

  test('a file of every kind that is shown, and of one that is not', async (scene) => {
    const { visitor, token } = scene;
    const { page } = visitor;
    await putSamples(scene);
    await visitor.signIn(token);
    for (const [name, ready] of SHOWN) {
      await openFile(page, name);
      await ready(page);
      await examine(scene, `file-${name.replaceAll(/\W/g, '-')}`);
      await page.getByRole('link', { name: text.file.back }).click();
    }
    scene.visitor.expectTrouble(/console: .* 404 /);
    await page.goto(`${scene.service.url}/file/00000000-0000-7000-8000-000000000000`);
    await page.getByText(text.file.notFound).waitFor();
    await examine(scene, 'file-not-found');
  });

  test('the administration, as an operator', async (scene) => {
    const { visitor, service } = scene;
    const { page } = visitor;
    await putSamples(scene);
    await visitor.signIn(service.token);
    await page.getByRole('link', { name: text.shell.admin }).click();
    const tabs = page.getByRole('tab');
    await tabs.first().waitFor();
    for (const tab of await tabs.all()) {
      await tab.click();
      await page.getByRole('tabpanel').getByRole('heading').first().waitFor();
      await examine(scene, `administration-${((await tab.textContent()) ?? '').toLowerCase()}`);
    }
  });
});

/** Files, and what is there once they are shown. */
const SHOWN: readonly (readonly [name: string, ready: (page: Page) => Promise<void>])[] = [
  ['Hills.png', (page) => page.getByRole('img', { name: text.file.previewOf('Hills.png') }).waitFor()],
  [NOTES, (page) => page.getByRole('region', { name: text.file.previewOf(NOTES) }).waitFor()],
  ['contract.pdf', (page) => page.getByText('An agreement').waitFor({ state: 'attached' })],
  ['interview.wav', (page) => page.getByLabel(text.file.previewOf('interview.wav')).waitFor()],
  ['backup.tar', (page) => page.getByText(text.file.noPreviewWhy).waitFor()],
];

async function putSamples({ files }: Scene): Promise<void> {
  await files.put(Buffer.alloc(4_300_000), { name: 'backup.tar', type: 'application/x-tar' });
  await files.put(wav(30), { name: 'interview.wav', type: 'audio/wav' });
  await files.put(pdf(['An agreement']), { name: 'contract.pdf', type: 'application/pdf' });
  await files.put(Buffer.from('# At dawn\n\nThe lake, and the hills behind it.\n'), {
    name: NOTES,
    type: 'text/markdown',
  });
  await files.put(png(1280, 720), {
    name: 'Hills.png',
    type: 'image/png',
    tags: { album: 'Evenings', year: '2026' },
  });
}
