import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contentDisposition } from '../../../src/http/content/disposition.ts';
import { LARGEST_IMAGE, SHOWN_BY_ADDRESS, previewKind } from '../../../web/src/file/preview-kind.ts';
import type { PreviewKind } from '../../../web/src/file/preview-kind.ts';

function kindOf(type: string, { name = 'a file', size = 10 } = {}): PreviewKind {
  return previewKind({ name, type, size });
}

/** Whether the service lets a browser show it. */
function isInline(type: string): boolean {
  return contentDisposition({ id: 'id', name: 'name', type }, 'inline').startsWith('inline');
}

test('images, sound and films are shown by their address when the service lets a browser show them, and no others', () => {
  for (const [kind, types] of Object.entries(SHOWN_BY_ADDRESS)) {
    for (const type of types) {
      assert.equal(kindOf(type), kind, type);
      assert.ok(isInline(type), type);
    }
  }
  for (const type of ['image/tiff', 'image/x-icon', 'audio/midi', 'video/x-matroska', 'video/x-msvideo']) {
    assert.ok(!isInline(type), type);
    assert.equal(kindOf(type), 'none', type);
  }
});

test('documents that could have scripts are shown as text, whatever is written around their type', () => {
  for (const type of [
    'text/html',
    'TEXT/HTML; charset=utf-8',
    ' text/html ',
    'application/xhtml+xml',
    'image/svg+xml',
    'image/svg+xml;x=image/png',
    'application/xml',
    'text/xml',
    'text/javascript',
    'application/mathml+xml',
  ]) {
    assert.equal(kindOf(type), 'text', type);
    assert.ok(!isInline(type), type);
  }
});

test('parameters and upper case make no difference to what a type is', () => {
  assert.equal(kindOf('IMAGE/PNG'), 'image');
  assert.equal(kindOf('video/mp4; codecs="avc1"'), 'video');
  assert.equal(kindOf('application/pdf;x=y'), 'pdf');
  assert.equal(kindOf('text/plain;charset=iso-8859-1'), 'text');
});

test('where the type says nothing, the ending of the name tells text, and nothing else', () => {
  const type = 'application/octet-stream';
  for (const name of ['notes.md', 'a/b/app.TS', 'data.json', 'page.html', 'drawing.svg', 'server.log']) {
    assert.equal(kindOf(type, { name }), 'text', name);
  }
  for (const name of ['film.mp4', 'image.png', 'book.pdf', 'program', 'json', 'archive.md.zip']) {
    assert.equal(kindOf(type, { name }), 'none', name);
  }
  assert.equal(kindOf('application/zip', { name: 'notes.md' }), 'none');
});

test('types that nobody shows have no preview', () => {
  for (const type of ['application/zip', 'application/msword', 'font/woff2', 'application/wasm', 'nonsense', '']) {
    assert.equal(kindOf(type), 'none', type);
  }
});

test('nothing is shown of an empty file, nor of an image that is too large; films may be of any size', () => {
  assert.equal(kindOf('image/png', { size: 0 }), 'empty');
  assert.equal(kindOf('application/zip', { size: 0 }), 'empty');
  assert.equal(kindOf('image/png', { size: LARGEST_IMAGE }), 'image');
  assert.equal(kindOf('image/png', { size: LARGEST_IMAGE + 1 }), 'large');
  assert.equal(kindOf('video/mp4', { size: 2 ** 40 }), 'video');
});
