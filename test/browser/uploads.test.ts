/**
 * Uploads by the page. `SEALROOM_BROWSER_MIB` says how large the file is that the service is killed under; 24 unless
 * given.
 */
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'node:test';
import type { TestContext } from 'node:test';
import { checkSeeded } from '../../bench/support/seeded-bytes.ts';
import type { RemoteFiles } from '../../src/client/index.ts';
import { text } from '../../web/src/text.ts';
import { chooseFiles, giveFiles, rowOf, seededFile, uploadPanel, uploaded } from '../support/browser/actions.ts';
import { browserTests } from '../support/browser/browser-tests.ts';
import type { Scene } from '../support/browser/browser-tests.ts';
import { slowLine } from '../support/browser/slow-line.ts';

const MIB = 2 ** 20;
const LARGE = Number(process.env['SEALROOM_BROWSER_MIB'] ?? 24) * MIB;
/** So that what has arrived when the service is killed is durable in part. */
const SEGMENT = LARGE / 6;
const LONGEST_UPLOAD = 30_000 + LARGE / 2000;

describe('uploads by the page', () => {
  const test = browserTests(() => ({ limits: { uploadSegmentLength: SEGMENT } }));

  test(
    'five files arrive, though the service is killed under the largest and comes back',
    async (scene) => {
      const { visitor, token, service, files, folder } = scene;
      const { page } = visitor;
      const sizes = [LARGE, 3 * MIB, 100_000, 1, 0];
      const paths = await Promise.all(sizes.map((size, seed) => seededFile(folder, `${seed}.bin`, seed, size)));
      await visitor.signIn(token);
      await using line = await slowLine(page, { bytesPerSecond: LARGE / 3 });
      await chooseFiles(page, paths);
      const begun = await someArrived(scene, { atLeast: SEGMENT });
      assert.ok(begun.offset < LARGE, 'the service is killed in the middle');
      visitor.expectTrouble(/net::ERR_/);
      await service.kill();
      await uploadPanel(page).getByRole('heading', { name: text.upload.waiting }).waitFor();
      await service.restart();
      await line.lift();
      await uploaded(page, sizes.length, LONGEST_UPLOAD);
      await checkStored(files, sizes);
      const { files: stored } = await files.list();
      assert.equal(
        stored.find(({ name }) => name === '0.bin')?.id,
        begun.id,
        'the upload went on, and did not begin anew',
      );
      for (const seed of sizes.keys()) await rowOf(page, `${seed}.bin`).waitFor();
    },
    { timeout: 120_000 + 2 * LONGEST_UPLOAD },
  );

  test('can be paused and resumed, each and all', async (scene) => {
    const { visitor, token, files, folder } = scene;
    const { page } = visitor;
    const size = 6 * MIB;
    const paths = [await seededFile(folder, '0.bin', 0, size), await seededFile(folder, '1.bin', 1, size)];
    await visitor.signIn(token);
    await using line = await slowLine(page, { bytesPerSecond: MIB });
    await chooseFiles(page, paths);
    const panel = uploadPanel(page);
    await panel.getByRole('progressbar', { name: text.upload.progressOf('0.bin') }).waitFor();
    await panel.getByRole('button', { name: text.upload.pause('0.bin') }).click();
    await panel.getByRole('button', { name: text.upload.resume('0.bin') }).waitFor();
    await panel.getByRole('button', { name: text.upload.pauseAll }).click();
    await panel.getByRole('heading', { name: text.upload.paused }).waitFor();
    await scene.screenshot('uploads-paused');
    await line.lift();
    assert.deepEqual((await files.list()).files, [], 'what is paused does not go on');
    await panel.getByRole('button', { name: text.upload.resume('0.bin') }).click();
    await panel.getByRole('button', { name: text.upload.resume('1.bin') }).click();
    await uploaded(page, 2);
    await checkStored(files, [size, size]);
  });

  test('are listed after the page was loaded again, and go on when their file is given again', async (scene) => {
    const { visitor, token, files, folder } = scene;
    const { page } = visitor;
    const path = await seededFile(folder, '0.bin', 0, LARGE);
    const other = await seededFile(folder, 'other.bin', 1, LARGE);
    await visitor.signIn(token);
    await using line = await slowLine(page, { bytesPerSecond: LARGE / 3 });
    await chooseFiles(page, [path]);
    const begun = await someArrived(scene, { atLeast: SEGMENT });
    page.on('dialog', (dialog) => void dialog.accept());
    await page.reload();
    const panel = uploadPanel(page);
    await panel.getByRole('heading', { name: text.upload.unfinished(1) }).waitFor();
    await scene.screenshot('uploads-unfinished');
    const again = panel.getByRole('button', { name: text.upload.chooseFor('0.bin') });
    await giveFiles(page, again, [other]);
    await panel.getByText(text.upload.problems['other-file']).waitFor();
    await line.lift();
    await giveFiles(page, again, [path]);
    await uploaded(page, 1, LONGEST_UPLOAD);
    await checkStored(files, [LARGE]);
    assert.equal((await files.list()).files[0]?.id, begun.id, 'the upload went on, and did not begin anew');
  });

  test('begin by a drop, and by a folder, whose paths are kept', async ({ visitor, token, files, folder }) => {
    const { page } = visitor;
    const album = join(folder, 'album');
    await mkdir(join(album, 'summer'), { recursive: true });
    await seededFile(album, 'cover.bin', 0, 10);
    await seededFile(join(album, 'summer'), 'lake.bin', 1, 10);
    await visitor.signIn(token);
    await page.getByText(text.files.empty).waitFor();
    const dropped = await page.evaluateHandle(() => {
      const transfer = new DataTransfer();
      transfer.items.add(new File(['words that were dropped'], 'dropped.txt', { type: 'text/plain' }));
      return transfer;
    });
    await page.dispatchEvent('body', 'dragenter', { dataTransfer: dropped });
    await page.getByText(text.upload.dropHere).waitFor();
    await page.dispatchEvent('body', 'dragover', { dataTransfer: dropped });
    await page.dispatchEvent('body', 'drop', { dataTransfer: dropped });
    await rowOf(page, 'dropped.txt').waitFor();
    await uploaded(page, 1);
    await page.getByRole('button', { name: text.upload.upload, exact: true }).click();
    await giveFiles(page, page.getByRole('menuitem', { name: text.upload.chooseFolder }), [album]);
    await uploaded(page, 2);
    const names = (await files.list()).files.map(({ name }) => name).sort();
    assert.deepEqual(names, ['album/cover.bin', 'album/summer/lake.bin', 'dropped.txt']);
  });

  test('can be given up, and leave nothing', async (scene) => {
    const { visitor, token, files, folder } = scene;
    const { page } = visitor;
    await visitor.signIn(token);
    await using _ = await slowLine(page, { bytesPerSecond: MIB });
    await chooseFiles(page, [await seededFile(folder, '0.bin', 0, 20 * MIB)]);
    await someArrived(scene, { atLeast: 0 });
    await uploadPanel(page)
      .getByRole('button', { name: text.upload.cancel('0.bin') })
      .click();
    await uploadPanel(page).waitFor({ state: 'hidden' });
    assert.deepEqual(await unfinished(scene), []);
    assert.deepEqual((await files.list()).files, []);
  });
});

interface Unfinished {
  readonly id: string;
  readonly name: string;
  readonly offset: number;
}

async function unfinished({ service, token }: Pick<Scene, 'service' | 'token'>): Promise<readonly Unfinished[]> {
  const response = await fetch(`${service.url}/v1/uploads`, { headers: { authorization: `Bearer ${token}` } });
  assert.equal(response.status, 200);
  return ((await response.json()) as { uploads: Unfinished[] }).uploads;
}

/** Waits until of the file that is named 0.bin so many bytes have arrived, as the service says. */
async function someArrived(
  scene: Pick<Scene, 'service' | 'token'> & { readonly t: TestContext },
  { atLeast }: { readonly atLeast: number },
): Promise<Unfinished> {
  return scene.t.waitFor(
    async () => {
      const begun = (await unfinished(scene)).find(({ name }) => name === '0.bin');
      assert.ok(begun !== undefined && begun.offset >= atLeast);
      return begun;
    },
    { timeout: LONGEST_UPLOAD, interval: 50 },
  );
}

/** Every file, named by the number that its bytes stand for, is there once and equal. */
async function checkStored(files: RemoteFiles, sizes: readonly number[]): Promise<void> {
  const { files: stored } = await files.list();
  assert.deepEqual(
    stored.map(({ name }) => name).sort(),
    sizes.map((_, seed) => `${seed}.bin`),
  );
  for (const [seed, size] of sizes.entries()) {
    const { id } = stored.find(({ name }) => name === `${seed}.bin`)!;
    const { body } = await files.get(id);
    assert.equal(await checkSeeded(body, seed), size);
  }
}
