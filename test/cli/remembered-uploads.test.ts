/** What the command line keeps of uploads that are under way. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { RememberedUploads } from '../../src/cli/remembered-uploads.ts';
import type { RememberedUpload } from '../../src/cli/remembered-uploads.ts';
import { rejection } from '../../src/testing/rejects.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const place = { service: 'https://files.example.org', tenant: null, path: '/home/me/a' };

function idOf(number: number): string {
  return `019b7ca9-8c88-7164-85c6-${String(number).padStart(12, '0')}`;
}

function uploadOf(number: number, more: Partial<RememberedUpload> = {}): RememberedUpload {
  return { ...place, id: idOf(number), size: 7, modified: '12345678901234567890', expires: null, ...more };
}

describe('uploads that are remembered', () => {
  test('are found by their service, tenant and path, the newest first', async () => {
    await using folder = await temporaryFolder();
    const uploads = new RememberedUploads(join(folder.path, 'state/uploads'));
    assert.deepEqual(await uploads.of(place), []);
    const mine = [1, 3, 2].map((number) => uploadOf(number));
    const others = [
      uploadOf(4, { service: 'https://other.example.org' }),
      uploadOf(5, { tenant: 'acme' }),
      uploadOf(6, { path: '/home/me/b' }),
    ];
    for (const upload of [...mine, ...others]) await uploads.remember(upload);
    assert.deepEqual(await uploads.of(place), [uploadOf(3), uploadOf(2), uploadOf(1)]);
    assert.deepEqual(await uploads.of({ ...place, tenant: 'acme' }), [others[1]]);
    await uploads.forget(idOf(3));
    await uploads.forget(idOf(3));
    assert.deepEqual(await uploads.of(place), [uploadOf(2), uploadOf(1)]);
  });

  test('are nobody else’s to read', { skip: process.platform === 'win32' }, async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'state/uploads');
    await new RememberedUploads(path).remember(uploadOf(1));
    assert.equal(statSync(path).mode & 0o777, 0o700);
    assert.equal(statSync(join(folder.path, 'state')).mode & 0o777, 0o700);
    assert.equal(statSync(join(path, `${idOf(1)}.json`)).mode & 0o777, 0o600);
    assert.deepEqual(JSON.parse(readFileSync(join(path, `${idOf(1)}.json`), 'utf8')), uploadOf(1));
  });

  test('are forgotten when the service has given them up', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'uploads');
    const now = (): number => Date.UTC(2030, 0, 1);
    const uploads = new RememberedUploads(path, { now });
    const living = uploadOf(2, { expires: '2030-01-01T00:00:00.001Z' });
    for (const upload of [uploadOf(1, { expires: '2030-01-01T00:00:00.000Z' }), living]) await uploads.remember(upload);
    assert.deepEqual(await uploads.of(place), [living]);
    assert.deepEqual(readdirSync(path), [`${idOf(2)}.json`]);
  });

  test('are not taken from files that say nothing, or something else', async () => {
    await using folder = await temporaryFolder();
    const texts = ['', '{', 'null', '[]', '"x"', '{}', JSON.stringify({ ...uploadOf(2), size: '7' })];
    for (const [i, text] of texts.entries()) writeFileSync(join(folder.path, `${i}.json`), text);
    writeFileSync(join(folder.path, 'x.txt'), JSON.stringify(uploadOf(3)));
    mkdirSync(join(folder.path, 'y.json'));
    const uploads = new RememberedUploads(folder.path);
    await uploads.remember(uploadOf(1));
    assert.deepEqual(await uploads.of(place), [uploadOf(1)]);
  });

  test('are kept under ids alone, and never over another', async () => {
    await using folder = await temporaryFolder();
    const uploads = new RememberedUploads(folder.path);
    for (const id of ['', '..', '../x', 'a/b', idOf(1).toUpperCase(), `${idOf(1)}x`]) {
      await rejection(uploads.remember(uploadOf(1, { id })), 'unexpected');
    }
    assert.deepEqual(readdirSync(folder.path), []);
    await uploads.remember(uploadOf(1));
    await rejection(uploads.remember(uploadOf(1)), 'exists');
  });

  test('are told to be out of reach where they are', async () => {
    await using folder = await temporaryFolder();
    writeFileSync(join(folder.path, 'file'), '');
    const uploads = new RememberedUploads(join(folder.path, 'file', 'uploads'));
    await rejection(uploads.remember(uploadOf(1)), 'not-found');
    await rejection(uploads.of(place), 'not-found');
  });
});
