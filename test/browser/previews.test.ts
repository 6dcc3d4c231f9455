import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe } from 'node:test';
import type { Page, Response } from 'playwright-core';
import { text } from '../../web/src/text.ts';
import { downloadBy, openFile } from '../support/browser/actions.ts';
import { browserTests } from '../support/browser/browser-tests.ts';
import { pdf, png, recordFilm, wav } from '../support/browser/samples.ts';

describe('the view of a file', { concurrency: 2 }, () => {
  const test = browserTests();

  test('shows an image, and downloads it as it was put', async ({ visitor, token, files, screenshot }) => {
    const { page } = visitor;
    const image = png(480, 270);
    await files.put(image, { name: 'Hills.png', type: 'image/png' });
    await visitor.signIn(token);
    await openFile(page, 'Hills.png');
    const shown = page.getByRole('img', { name: text.file.previewOf('Hills.png') });
    await shown.waitFor();
    assert.equal(await shown.evaluate((element: HTMLImageElement) => element.naturalWidth), 480);
    await screenshot('file-image');
    const { name, path } = await downloadBy(page, () =>
      page.getByRole('group', { name: text.file.actions }).getByRole('button', { name: text.file.download }).click(),
    );
    assert.equal(name, 'Hills.png');
    assert.deepEqual(await readFile(path), image);
  });

  test('shows the beginning of a text, whatever it means to a browser', async ({ visitor, token, files }) => {
    const { page } = visitor;
    const words = 'if (a < b && c > d) return "<b>ü</b>";\n';
    await files.put(Buffer.from(words.repeat(20_000)), { name: 'long.js', type: 'text/javascript' });
    await visitor.signIn(token);
    await openFile(page, 'long.js');
    const shown = page.getByRole('region', { name: text.file.previewOf('long.js') });
    const content = (await shown.textContent()) ?? '';
    assert.ok(content.startsWith(words.repeat(5)));
    assert.ok(content.length < 300_000, `${content.length} characters are shown`);
  });

  test('draws the pages of a PDF, and reads no more of it than is looked at', async ({
    t,
    visitor,
    token,
    files,
    screenshot,
  }) => {
    const { page } = visitor;
    const pages = Array.from({ length: 3 }, (_, index) => `These words are on page ${index + 1}`);
    await files.put(pdf(pages), { name: 'three.pdf', type: 'application/pdf' });
    await visitor.signIn(token);
    await openFile(page, 'three.pdf');
    const first = page.getByRole('img', { name: text.file.page(1, 3) });
    await page.getByText(pages[0]!).waitFor({ state: 'attached' });
    await t.waitFor(async () => assert.ok((await first.evaluate(darkPixels)) > 100, 'words are drawn'));
    await screenshot('file-pdf');
  });

  test('plays a film by ranges, however often it asks for one', async ({ visitor, token, files, screenshot }) => {
    const { page } = visitor;
    await visitor.signIn(token);
    const film = Buffer.from(await page.evaluate(recordFilm));
    await files.put(film, { name: 'square.webm', type: 'video/webm' });
    await page.reload();
    const ranges = contentAnswers(page);
    await openFile(page, 'square.webm');
    const video = page.getByLabel(text.file.previewOf('square.webm'));
    await video.waitFor();
    assert.equal(await video.evaluate(playALittle), 320, 'it is as wide as it was recorded');
    await screenshot('file-video');
    assert.ok(ranges.length > 0);
    for (const answer of ranges) {
      assert.equal(answer.status(), 206);
      assert.match((await answer.allHeaders())['content-range'] ?? '', new RegExp(`/${film.length}$`));
    }
  });

  test('goes to any place of a long sound without the bytes before it', async ({ t, visitor, token, files }) => {
    const { page } = visitor;
    const sound = wav(600);
    await files.put(sound, { name: 'tone.wav', type: 'audio/wav' });
    await visitor.signIn(token);
    const answers = contentAnswers(page);
    await openFile(page, 'tone.wav');
    const audio = page.getByLabel(text.file.previewOf('tone.wav'));
    await audio.waitFor();
    assert.equal(await audio.evaluate((element: HTMLAudioElement) => Math.round(element.duration)), 600);
    await audio.evaluate(seek, 590);
    const starts = await Promise.all(answers.map(async (answer) => startOf(await answer.allHeaders())));
    t.diagnostic(`ranges from ${starts.join(', ')} were asked for`);
    assert.ok(answers.every((answer) => answer.status() === 206));
    assert.ok(
      starts.some((start) => start > 0.9 * sound.length),
      'one near the end was asked for',
    );
  });

  test('says why it shows nothing of what cannot be shown', async ({ visitor, token, files }) => {
    const { page } = visitor;
    await files.put(Buffer.from([1, 2, 3]), { name: 'unknown.bin', type: 'application/octet-stream' });
    await files.put(Buffer.from('not a picture'), { name: 'broken.png', type: 'image/png' });
    await files.put(Buffer.from(''), { name: 'empty.txt', type: 'text/plain' });
    await visitor.signIn(token);
    for (const [name, why] of [
      ['unknown.bin', text.file.noPreviewWhy],
      ['broken.png', text.file.cannotShow],
      ['empty.txt', text.file.emptyWhy],
    ] as const) {
      await openFile(page, name);
      await page.getByText(why).waitFor();
      await page.getByRole('link', { name: text.file.back }).click();
    }
  });

  test('renames, tags and checks the file', async ({ visitor, token, files, screenshot }) => {
    const { page } = visitor;
    const { id } = await files.put(Buffer.from('words'), { name: 'old.txt', type: 'text/plain' });
    await visitor.signIn(token);
    await openFile(page, 'old.txt');
    await page.getByRole('button', { name: text.file.rename }).click();
    await page.getByLabel(text.file.name, { exact: true }).fill('new.txt');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'new.txt', level: 1 }).waitFor();
    await page.getByRole('button', { name: text.file.addTag }).click();
    await page.getByLabel(text.file.tagName, { exact: true }).fill('project');
    await page.getByLabel(text.file.tagValue, { exact: true }).fill('sealroom');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: text.file.removeTag('project') }).waitFor();
    await page.getByRole('button', { name: text.file.checkNow }).click();
    await page.getByText(text.file.checked, { exact: true }).waitFor();
    await screenshot('file-text');
    const { name, tags } = await files.stat(id);
    assert.deepEqual({ name, tags: { ...tags } }, { name: 'new.txt', tags: { project: 'sealroom' } });
    await page.getByRole('link', { name: text.file.back }).click();
    await openFile(page, 'new.txt');
  });
});

/** How many pixels of a canvas are dark. Run in the page. */
function darkPixels(element: Element): number {
  const canvas = element as HTMLCanvasElement;
  if (canvas.width === 0) return 0;
  const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
  let dark = 0;
  for (let at = 0; at < data.length; at += 4) {
    if (data[at]! + data[at + 1]! + data[at + 2]! < 200 && data[at + 3]! > 200) dark += 1;
  }
  return dark;
}

/** Plays a film a little; how wide it is. Run in the page. */
async function playALittle(element: Element): Promise<number> {
  const video = element as HTMLVideoElement;
  video.muted = true;
  const { promise, resolve } = Promise.withResolvers<void>();
  video.addEventListener('timeupdate', () => video.currentTime > 0 && resolve());
  await video.play();
  await promise;
  return video.videoWidth;
}

/** Run in the page. */
function seek(element: Element, seconds: number): Promise<void> {
  const media = element as HTMLMediaElement;
  return new Promise((resolve) => {
    media.addEventListener('seeked', () => resolve(), { once: true });
    media.currentTime = seconds;
  });
}

/** Answers with the content of a file, from now on. */
function contentAnswers(page: Page): readonly Response[] {
  const answers: Response[] = [];
  page.on('response', (response) => void (response.url().includes('/content?') && answers.push(response)));
  return answers;
}

function startOf(headers: Readonly<Record<string, string>>): number {
  return Number(/^bytes (\d+)-/.exec(headers['content-range'] ?? '')?.[1]);
}
