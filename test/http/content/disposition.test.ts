/** How browsers are told to treat what others stored. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parse } from 'content-disposition';
import * as fc from 'fast-check';
import { SANDBOX, baseName, contentDisposition } from '../../../src/http/content/disposition.ts';

const file = { id: '0198-id', name: 'a.txt', type: 'text/plain' };

describe('the disposition', () => {
  test('only types that run nothing are shown, whatever their case and parameters', () => {
    for (const type of ['text/plain', 'TEXT/Plain; charset=utf-8', 'image/png', 'video/mp4', 'audio/mpeg ;x=y']) {
      assert.match(contentDisposition({ ...file, type }, 'inline'), /^inline;/, type);
    }
    for (const type of [
      'text/html',
      'text/html; charset=utf-8',
      'image/svg+xml',
      'application/xhtml+xml',
      'text/xml',
      'application/pdf',
      'text/javascript',
      'application/octet-stream',
      'multipart/mixed',
      'text/plain, text/html',
      'text/plain+xml',
      'nonsense',
      ';text/plain',
    ]) {
      assert.match(contentDisposition({ ...file, type }, 'inline'), /^attachment;/, type);
    }
  });

  test('what is to be saved is never shown', () => {
    assert.match(contentDisposition(file, 'attachment'), /^attachment;/);
  });

  test('a name loses its folders, and one without anything left of it gives way to the id', () => {
    for (const [name, base] of [
      ['a.txt', 'a.txt'],
      ['x/y/a.txt', 'a.txt'],
      ['/etc/passwd', 'passwd'],
      ['../../a.txt', 'a.txt'],
      ['folder/', 'folder'],
      ['/', undefined],
      ['.', undefined],
      ['a/..', undefined],
    ] as const) {
      assert.equal(baseName(name), base, name);
      assert.equal(parse(contentDisposition({ ...file, name }, 'inline')).parameters['filename'], base ?? file.id);
    }
  });

  test('a name that is not ASCII comes in both spellings', () => {
    assert.equal(
      contentDisposition({ ...file, name: 'Übersicht €.txt' }, 'inline'),
      'inline; filename="?bersicht ?.txt"; filename*=UTF-8\'\'%C3%9Cbersicht%20%E2%82%AC.txt',
    );
  });

  test('any name becomes one line of ASCII that gives the name back', () => {
    const names = fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }).filter((name) => name.isWellFormed());
    fc.assert(
      fc.property(names, (name) => {
        const header = contentDisposition({ ...file, name }, 'inline');
        assert.match(header, /^inline; [\x20-\x7e]*$/);
        assert.equal(parse(header).parameters['filename'], baseName(name) ?? file.id);
      }),
    );
  });

  test('the sandbox allows neither scripts, nor forms, nor the origin of the service', () => {
    const directives = new Map(SANDBOX.split('; ').map((text) => [text.split(' ', 1)[0]!, text]));
    assert.equal(directives.get('sandbox'), 'sandbox');
    assert.equal(directives.get('default-src'), "default-src 'none'");
    assert.equal(directives.has('script-src'), false);
    assert.equal(directives.has('connect-src'), false);
    assert.equal(directives.get('form-action'), "form-action 'none'");
  });
});
