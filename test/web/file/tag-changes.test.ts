import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isSealroomError } from '../../../src/errors.ts';
import { checkMetadata } from '../../../src/vault/metadata.ts';
import { MOST_TAGS, tagProblem, tagsIn, withTag, withoutTag } from '../../../web/src/file/tag-changes.ts';
import type { TagChange, TagProblem } from '../../../web/src/file/tag-changes.ts';

const tags = { colour: 'green', size: 'large' };

test('a tag is added, changed in its value, renamed, and removed; those that were there stay as they were', () => {
  assert.deepEqual(withTag(tags, { name: 'new', value: '' }), { ...tags, new: '' });
  assert.deepEqual(withTag(tags, { name: 'colour', value: 'red', replaces: 'colour' }), {
    size: 'large',
    colour: 'red',
  });
  assert.deepEqual(withTag(tags, { name: 'paint', value: 'green', replaces: 'colour' }), {
    size: 'large',
    paint: 'green',
  });
  assert.deepEqual(withoutTag(tags, 'size'), { colour: 'green' });
  assert.deepEqual(withoutTag(tags, 'nothing'), tags);
  assert.deepEqual(tags, { colour: 'green', size: 'large' });
});

test('a tag may be called as objects call what is theirs', () => {
  const odd = withTag({}, { name: '__proto__', value: 'x' });
  assert.deepEqual(Object.entries(odd), [['__proto__', 'x']]);
  assert.equal(tagProblem({}, { name: 'constructor', value: '' }), undefined);
});

test('tags are listed by their names', () => {
  assert.deepEqual(
    tagsIn({ b: '1', a: '2' }).map(({ name }) => name),
    ['a', 'b'],
  );
});

test('what stands against a tag is said before the service is asked, and the service sees it alike', () => {
  const cases: readonly (readonly [TagChange, TagProblem | undefined])[] = [
    [{ name: '', value: 'x' }, 'empty'],
    [{ name: 'a\nb', value: '' }, 'control'],
    [{ name: 'a', value: 'x\u0000' }, 'control'],
    [{ name: 'ü'.repeat(64), value: '' }, undefined],
    [{ name: 'ü'.repeat(65), value: '' }, 'nameTooLong'],
    [{ name: 'a', value: 'ü'.repeat(128) }, undefined],
    [{ name: 'a', value: 'ü'.repeat(129) }, 'valueTooLong'],
  ];
  for (const [change, problem] of cases) {
    assert.equal(tagProblem(tags, change), problem, JSON.stringify(change));
    assert.equal(isTaken(withTag(tags, change)), problem === undefined, JSON.stringify(change));
  }
});

test('two tags have not the same name, and a file has not more than fifty', () => {
  assert.equal(tagProblem(tags, { name: 'colour', value: 'red' }), 'exists');
  assert.equal(tagProblem(tags, { name: 'colour', value: 'red', replaces: 'size' }), 'exists');
  assert.equal(tagProblem(tags, { name: 'colour', value: 'red', replaces: 'colour' }), undefined);
  const full = Object.fromEntries(Array.from({ length: MOST_TAGS }, (_, i) => [`tag ${i}`, '']));
  assert.ok(isTaken(full));
  assert.equal(tagProblem(full, { name: 'one more', value: '' }), 'tooMany');
  assert.ok(!isTaken(withTag(full, { name: 'one more', value: '' })));
  assert.equal(tagProblem(full, { name: 'other', value: '', replaces: 'tag 0' }), undefined);
});

/** Whether a vault takes these tags. */
function isTaken(all: Readonly<Record<string, string>>): boolean {
  try {
    checkMetadata({ tags: all });
    return true;
  } catch (error) {
    assert.ok(isSealroomError(error));
    return false;
  }
}
