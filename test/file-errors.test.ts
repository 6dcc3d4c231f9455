import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { SealroomError } from '../src/errors.ts';
import { fileError, systemCode } from '../src/file-errors.ts';

describe('fileError', () => {
  test('gives each system error its code, and says what to do', () => {
    const codes = {
      ENOENT: 'not-found',
      ENOTDIR: 'not-found',
      EISDIR: 'usage',
      ELOOP: 'usage',
      ENAMETOOLONG: 'usage',
      EEXIST: 'exists',
      ENOSPC: 'no-space',
      EDQUOT: 'no-space',
      EACCES: 'permission',
      EPERM: 'permission',
      EROFS: 'permission',
      EMFILE: 'unavailable',
      EIO: 'unavailable',
      ENXIO: 'unavailable',
    };
    for (const [system, code] of Object.entries(codes)) {
      const cause = Object.assign(new Error(system), { code: system, syscall: 'open' });
      const error = fileError(cause, 'the key file /keys/a');
      assert.equal(error.code, code);
      assert.equal(error.cause, cause);
      assert.match(error.message, /^the key file \/keys\/a: ./);
    }
    assert.match(fileError(Object.assign(new Error(), { code: 'ENXIO', syscall: 'open' }), 'it').message, /ENXIO/);
  });

  test('leaves an error of Sealroom as it is', () => {
    const error = new SealroomError('conflict', 'somebody came in between');
    assert.equal(fileError(error, 'a file'), error);
  });

  test('takes everything else for a fault', () => {
    for (const error of [new TypeError('no'), new RangeError('no'), 'no', undefined]) {
      assert.equal(fileError(error, 'a file').code, 'unexpected');
    }
  });
});

test('systemCode knows what the system throws from anything else', async () => {
  const error: unknown = await readFile('/absent').catch((reason: unknown) => reason);
  assert.equal(systemCode(error), 'ENOENT');
  assert.equal(systemCode(Object.assign(new Error(), { code: 'ENOENT' })), undefined);
  assert.equal(systemCode(new Error('ENOENT')), undefined);
  assert.equal(systemCode(null), undefined);
});
