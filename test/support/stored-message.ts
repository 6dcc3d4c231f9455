/** A stored file as an AWS Encryption SDK message, put together by nothing but docs/format.md. */
import type { World } from './memory-vault.ts';
import { referenceContext, referenceEdk, uint } from './reference.ts';

export interface StoredRecord {
  context: Record<string, string>;
  edks: { provider: string; info: string; ciphertext: string }[];
  segments: StoredSegment[];
}

export interface StoredSegment {
  messageId: string;
  commitment: string;
  frameLength: number;
  size: number;
  blob: string;
  tag?: string;
}

/** The record of a file of the tenant `default`, as the catalog has it. */
export function recordOf(world: World, id: string): StoredRecord {
  return JSON.parse(Buffer.from(world.catalog.items.get(`file/default/0 ${id}`)!.data).toString()) as StoredRecord;
}

export function writeRecord(world: World, id: string, record: StoredRecord): void {
  const key = `file/default/0 ${id}`;
  world.catalog.items.set(key, { ...world.catalog.items.get(key)!, data: Buffer.from(JSON.stringify(record)) });
}

/** A header put together by hand from the fields of a record, as the format describes it. */
export function headerByHand(world: World, id: string, segment: StoredSegment): Buffer {
  const { context, edks } = recordOf(world, id);
  const bound = { ...context, 'sealroom:vault': world.id, 'sealroom:tenant': 'default', 'sealroom:file': id };
  const pairs = Object.entries(bound).sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  const serialised = referenceContext(pairs);
  const keys = edks.map(({ provider, info, ciphertext }) =>
    referenceEdk(provider, Buffer.from(info, 'base64'), Buffer.from(ciphertext, 'base64')),
  );
  return Buffer.concat([
    uint(0x02, 1),
    uint(0x0478, 2),
    Buffer.from(segment.messageId, 'base64'),
    uint(serialised.length, 2),
    serialised,
    uint(keys.length, 2),
    ...keys,
    uint(2, 1),
    uint(segment.frameLength, 4),
    Buffer.from(segment.commitment, 'base64'),
    Buffer.from(segment.tag!, 'base64'),
  ]);
}

/** `header || tag || blob` of one segment (F32). */
export function messageByHand(world: World, id: string, segment: StoredSegment): Buffer {
  return Buffer.concat([headerByHand(world, id, segment), world.blobs.blobs.get(segment.blob)!]);
}
