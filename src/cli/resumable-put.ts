/** `put` of a large file through a service: it survives broken lines, and with `--resume` the end of this process. */
import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { RESUMABLE_ABOVE } from '../client/connect.ts';
import type { BegunUpload } from '../client/index.ts';
import { stateFolder } from '../config/config.ts';
import { SealroomError, isSealroomError } from '../errors.ts';
import type { PutOptions, Stat } from '../vault/files.ts';
import { HintedError, hintFor } from './hints.ts';
import type { OpenedService } from './open.ts';
import type { Progress } from './progress.ts';
import { RememberedUploads } from './remembered-uploads.ts';
import type { RememberedUpload, UploadPlace } from './remembered-uploads.ts';
import { ChangedFile } from './rereadable-file.ts';
import type { RereadableFile } from './rereadable-file.ts';
import type { Session } from './session.ts';

/** Whether a file is large enough to be sent in this way. */
export function isResumable({ size }: RereadableFile): boolean {
  return size > RESUMABLE_ABOVE;
}

export interface ResumablePut {
  readonly service: OpenedService;
  readonly file: RereadableFile;
  /** As the user named it. */
  readonly path: string;
  /** Whether to go on with what was begun before. */
  readonly resume: boolean;
  readonly options: PutOptions;
  readonly progress: Progress;
}

/** How long to try to give up what nobody will go on with, in milliseconds. */
const LAST_WORDS = 5000;

export async function putResumably(session: Session, put: ResumablePut): Promise<Stat> {
  const { service, file, path, resume } = put;
  const { terminal } = session;
  const { address, tenant = null } = service;
  const work = new Work(session, put, { service: address, tenant, path: await realpath(path) });
  const earlier = await work.begunBefore();
  if (resume) {
    const [latest] = earlier;
    if (latest === undefined) terminal.note(`${path}: there is nothing to go on with: it is put from its beginning`);
    else {
      if (!isOf(latest, file)) throw changedSince(path);
      try {
        return await work.send(latest.id);
      } catch (error) {
        if (!isSealroomError(error, 'not-found')) throw error;
        terminal.note(`${path}: what was begun is not there any more: it is put from its beginning`);
      }
    }
  } else {
    // Nobody can go on with these, and they count for the quota.
    for (const upload of earlier) if (!isOf(upload, file)) await work.giveUp(upload.id);
    if (earlier.some((upload) => isOf(upload, file))) {
      terminal.note(`${path}: it is put from its beginning; put --resume goes on with what was begun before`);
    }
  }
  return work.send();
}

function isOf(upload: RememberedUpload, { size, modified }: RereadableFile): boolean {
  return upload.size === size && upload.modified === modified;
}

function changedSince(path: string): SealroomError {
  const message = `${path}: it was changed since its upload was begun, and half of each would be no file`;
  return new HintedError('conflict', message, `sealroom put ${path}, without --resume, begins anew`);
}

/** One file on its way, and what is remembered of it. */
class Work {
  readonly #session: Session;
  readonly #put: ResumablePut;
  readonly #place: UploadPlace;
  #warned = false;

  constructor(session: Session, put: ResumablePut, place: UploadPlace) {
    this.#session = session;
    this.#put = put;
    this.#place = place;
  }

  /** Fails where the user has no folder of his own. */
  get #remembered(): RememberedUploads {
    return new RememberedUploads(join(stateFolder(), 'uploads'));
  }

  /** Uploads of this file, the newest first. */
  async begunBefore(): Promise<readonly RememberedUpload[]> {
    try {
      return await this.#remembered.of(this.#place);
    } catch (error) {
      this.#warnOf(error);
      return [];
    }
  }

  /** @param resume id of the upload to go on with; another is begun unless given */
  async send(resume?: string): Promise<Stat> {
    const { service, file, options, progress } = this.#put;
    let id = resume;
    if (resume === undefined) progress.reach(0);
    try {
      const stat = await service.files.put(file, {
        ...options,
        resume,
        onBegun: async (upload) => {
          id = upload.id;
          await this.#remember(upload);
        },
        onProgress: (bytes) => progress.reach(bytes),
      });
      await this.#forgetUpTo(stat.id);
      return stat;
    } catch (error) {
      if (id === undefined) throw error;
      if (error instanceof ChangedFile) await this.giveUp(id);
      throw error instanceof ChangedFile ? error : goingOn(error, this.#put.path);
    }
  }

  async giveUp(id: string): Promise<void> {
    const signal = AbortSignal.timeout(LAST_WORDS);
    await this.#put.service.files.abandonUpload(id, { signal }).catch(() => undefined);
    await this.#forget(id);
  }

  async #remember({ id, expires }: BegunUpload): Promise<void> {
    const { size, modified } = this.#put.file;
    try {
      await this.#remembered.remember({ ...this.#place, id, size, modified, expires: expires ?? null });
    } catch (error) {
      this.#warnOf(error);
    }
  }

  /** Nobody goes on with what was begun before an upload that is complete. */
  async #forgetUpTo(id: string): Promise<void> {
    for (const upload of await this.begunBefore()) if (upload.id <= id) await this.#forget(upload.id);
  }

  /** What stays by mistake is forgotten when its time has come. */
  async #forget(id: string): Promise<void> {
    try {
      await this.#remembered.forget(id);
    } catch (error) {
      this.#warnOf(error);
    }
  }

  #warnOf(error: unknown): void {
    if (this.#warned) return;
    this.#warned = true;
    const reason = error instanceof Error ? error.message : String(error);
    this.#session.terminal.warn(`uploads are not remembered, so that --resume knows of none: ${reason}`);
  }
}

/** An error of an upload that stays as it is for now. */
function goingOn(error: unknown, path: string): unknown {
  if (!(error instanceof SealroomError) || error.code === 'not-found') return error;
  const how = `sealroom put --resume ${path} goes on where it was`;
  const before = hintFor(error);
  return new HintedError(error.code, error.message, before === undefined ? how : `${before}; ${how}`, { cause: error });
}
