/** Uploads over a service, a clock and a line that a test has in its hand. */
import type { UploadClaims } from '../../../web/src/uploads/claims.ts';
import type { UploadMemory } from '../../../web/src/uploads/memory.ts';
import type { Line } from '../../../web/src/uploads/persevere.ts';
import type { Upload } from '../../../web/src/uploads/upload.ts';
import { Uploads } from '../../../web/src/uploads/uploads.ts';
import { FakeClock } from './fake-clock.ts';
import { FakeTransport } from './fake-transport.ts';

export class FakeLine implements Line {
  readonly #listeners = new Set<() => void>();

  onBack(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  comeBack(): void {
    for (const listener of this.#listeners) listener();
  }
}

export class FakeMemory implements UploadMemory {
  readonly known: Map<string, number> = new Map();

  remember(id: string, lastModified: number): void {
    this.known.set(id, lastModified);
  }

  forget(id: string): void {
    this.known.delete(id);
  }

  lastModifiedOf(id: string): number | undefined {
    return this.known.get(id);
  }
}

export class FakeClaims implements UploadClaims {
  /** Ids that are claimed, by this tab or another. */
  readonly ids: Set<string> = new Set();

  claim(id: string): () => void {
    this.ids.add(id);
    return () => this.ids.delete(id);
  }

  claimed(): Promise<ReadonlySet<string>> {
    return Promise.resolve(new Set(this.ids));
  }
}

export class UploadsWorld {
  readonly transport: FakeTransport = new FakeTransport();
  readonly clock: FakeClock = new FakeClock();
  readonly line: FakeLine = new FakeLine();
  readonly memory: FakeMemory = new FakeMemory();
  readonly claims: FakeClaims = new FakeClaims();
  readonly uploads: Uploads = new Uploads({ ...this.parts(), random: () => 0 });

  parts(): Pick<UploadsWorld, 'transport' | 'clock' | 'line' | 'memory' | 'claims'> {
    const { transport, clock, line, memory, claims } = this;
    return { transport, clock, line, memory, claims };
  }

  /** Puts files of these names into the queue, of 1,000 bytes each. */
  add(...names: readonly string[]): void {
    this.uploads.add(
      names.map((name) => ({ file: fileOf(name), name })),
      'default',
    );
  }

  /** The upload of this name. */
  upload(name: string): Upload {
    const found = this.all().find((upload) => upload.name === name);
    if (found === undefined) throw new Error(`no upload is called ${name}`);
    return found;
  }

  all(): Upload[] {
    return this.uploads.state().keys.map((key) => this.uploads.upload(key)!);
  }
}

/** The file that is at the end of a path. */
export function fileOf(
  path: string,
  { size = 1000, lastModified = 5 }: { size?: number; lastModified?: number } = {},
): File {
  return new File([new Uint8Array(size)], path.split('/').at(-1)!, { lastModified });
}
