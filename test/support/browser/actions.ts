/** What people do in the page, as they see it. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { Locator, Page } from 'playwright-core';
import { seededBytes } from '../../../bench/support/seeded-bytes.ts';
import { text } from '../../../web/src/text.ts';

/** Chooses files by the button for it, in the dialog of the browser. */
export async function chooseFiles(page: Page, paths: readonly string[]): Promise<void> {
  await page.getByRole('button', { name: text.upload.upload, exact: true }).first().click();
  await giveFiles(page, page.getByRole('menuitem', { name: text.upload.chooseFiles }), paths);
}

/** Gives files, or a folder, to the dialog of the browser that something opens. */
export async function giveFiles(page: Page, opener: Locator, paths: readonly string[]): Promise<void> {
  const [dialog] = await Promise.all([page.waitForEvent('filechooser'), opener.click()]);
  await dialog.setFiles([...paths]);
}

/** The panel of the uploads. */
export function uploadPanel(page: Page): Locator {
  return page.getByRole('region', { name: text.upload.panel });
}

/** Resolves once the panel says that so many files have arrived. */
export async function uploaded(page: Page, count: number, timeout?: number): Promise<void> {
  const title = uploadPanel(page).getByRole('heading', { name: text.upload.finished(count), exact: true });
  await title.waitFor(timeout === undefined ? {} : { timeout });
}

/** The row of a file in the list. */
export function rowOf(page: Page, name: string): Locator {
  return page.getByRole('row').filter({ has: page.getByRole('link', { name, exact: true }) });
}

/** Opens a file from the list; resolves once its view is there. */
export async function openFile(page: Page, name: string): Promise<void> {
  await rowOf(page, name).getByRole('link', { name, exact: true }).click();
  await page.getByRole('heading', { name, level: 1 }).waitFor();
}

/** What the browser downloads by what is done, once it is whole; given up unless it comes. */
export async function downloadBy(
  page: Page,
  act: () => Promise<unknown>,
): Promise<{ readonly name: string; readonly path: string }> {
  const [download] = await Promise.all([page.waitForEvent('download'), act()]);
  return { name: download.suggestedFilename(), path: await download.path() };
}

/** A file on disk whose bytes a number stands for. */
export async function seededFile(folder: string, name: string, seed: number, size: number): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, Readable.from(seededBytes(seed, size)));
  return path;
}
