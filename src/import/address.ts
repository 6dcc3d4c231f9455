/** How objects are named: `s3://BUCKET/KEY`, the key taken as it stands. */
import { SealroomError } from '../errors.ts';

export interface S3Address {
  readonly bucket: string;
  /** A key, or what keys begin with; empty for all of them. */
  readonly key: string;
}

const ADDRESS = /^s3:\/\/([a-zA-Z0-9][a-zA-Z0-9._-]{1,254})(?:\/(.*))?$/s;

/** @throws SealroomError `usage` */
export function parseS3Address(text: string): S3Address {
  const [, bucket, key = ''] = ADDRESS.exec(text) ?? [];
  if (bucket === undefined) {
    throw new SealroomError(
      'usage',
      `${JSON.stringify(text)} is no address of objects: s3://BUCKET or s3://BUCKET/PREFIX`,
    );
  }
  return { bucket, key };
}

export function formatS3Address({ bucket, key }: S3Address): string {
  return `s3://${bucket}/${key}`;
}
