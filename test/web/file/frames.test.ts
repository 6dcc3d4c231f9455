import assert from 'node:assert/strict';
import { test } from 'node:test';
import { framesOf, longestFrame } from '../../../web/src/file/frames.ts';
import { memoryVault } from '../../support/memory-vault.ts';

test('the page counts as many frames as the vault opens', async () => {
  const { vault } = await memoryVault();
  const files = vault.tenant('default');
  for (const frames of [0, 1, 2, 2.5]) {
    const { segments: empty } = await files.put([], { name: 'empty' });
    const stat = await files.put(new Uint8Array(Math.floor(frames * longestFrame(empty))), { name: 'file' });
    const verification = await files.verify(stat.id);
    assert.equal(framesOf(stat.segments), verification.frames, `${frames} frames`);
  }
});

test('frames of several segments are added up', () => {
  const segments = [
    { messageId: 'a', frameLength: 10, size: 25 },
    { messageId: 'b', frameLength: 100, size: 100 },
  ];
  assert.equal(framesOf(segments), 3 + 2);
  assert.equal(longestFrame(segments), 100);
  assert.equal(longestFrame([]), 0);
});
