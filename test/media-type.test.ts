import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mediaTypeOf } from '../src/media-type.ts';

test('the extension of a name says what kind of file it is, and a name without one says nothing', async () => {
  for (const name of ['a.pdf', 'A.PDF', 'folder/a.pdf', 'folder.txt\\a.pdf', 'a.b.pdf']) {
    assert.equal(await mediaTypeOf(name), 'application/pdf', name);
  }
  for (const name of ['', 'pdf', 'key', 'class', '.html', 'folder.pdf/a', 'a.', 'a.unheard-of']) {
    assert.equal(await mediaTypeOf(name), undefined, name);
  }
});
