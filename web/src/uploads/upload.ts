/** Uploads as they are shown. */
import type { ProblemCode } from './problems.ts';

/**
 * - `queued`: until it is its turn
 * - `sending`: bytes are on their way
 * - `waiting`: the line or the service failed; it is tried again by itself
 * - `paused`: until somebody says so
 * - `failed`: it does not go on by itself
 * - `unfinished`: part of it has arrived, and the page does not have the file
 * - `removing`: it was given up, and the service is being told
 * - `done`: it is a file
 */
export type UploadStatus = (typeof STATUSES)[number];

export const STATUSES = ['queued', 'sending', 'waiting', 'paused', 'failed', 'unfinished', 'removing', 'done'] as const;

/** One upload at one moment; never changed, but replaced. */
export interface Upload {
  readonly key: number;
  /** With the folders that it was in. */
  readonly name: string;
  /** Null where whoever began it did not say. */
  readonly size: number | null;
  readonly tenant: string;
  readonly status: UploadStatus;
  /** That of the upload, and of the file to be; undefined until the service knows of it. */
  readonly id: string | undefined;
  /** Bytes that the network has taken. */
  readonly sent: number;
  /** Bytes per second, while it is sent. */
  readonly speed: number | undefined;
  /** When it is tried again, while it waits. */
  readonly retryAt: number | undefined;
  /** Why it failed, or waits. */
  readonly problem: ProblemCode | undefined;
  /** Until when the service keeps what has arrived, of one that is unfinished. */
  readonly expires: string | undefined;
}

/** What changes of an upload when nothing is sent of it, and nothing is wrong. */
export const STILL = { speed: undefined, retryAt: undefined, problem: undefined } as const;

/** A file that somebody chose. */
export interface Picked {
  readonly file: File;
  /** With the folders that it was in. */
  readonly name: string;
}

/** A file that has arrived whole. */
export interface Finished {
  readonly id: string;
  readonly name: string;
  readonly size: number;
  readonly tenant: string;
}

/** All uploads together. */
export interface Totals {
  readonly counts: Readonly<Record<UploadStatus, number>>;
  /** Bytes of all that are done, or on their way. */
  readonly size: number;
  /** How many of them the network has taken. */
  readonly sent: number;
  /** Bytes per second. */
  readonly speed: number | undefined;
}

/** How many go on by themselves. */
export function activeOf({ counts }: Totals): number {
  return counts.queued + counts.sending + counts.waiting;
}

/** How many files the page would lose when it is left: they have not arrived, and nobody chooses them again. */
export function atStakeOf(totals: Totals): number {
  return activeOf(totals) + totals.counts.paused;
}

/** How far all of them are, 0 to 1. */
export function shareOf({ counts, size, sent }: Totals): number {
  if (size > 0) return Math.min(sent / size, 1);
  const files = counts.queued + counts.sending + counts.waiting + counts.paused + counts.done;
  return files === 0 ? 0 : counts.done / files;
}

/** Seconds that are left at this speed; undefined while nobody can tell. */
export function timeLeft({
  size,
  sent,
  speed,
}: {
  readonly size: number | null;
  readonly sent: number;
  readonly speed: number | undefined;
}): number | undefined {
  if (size === null || speed === undefined || speed <= 0 || sent >= size) return undefined;
  return (size - sent) / speed;
}
