/** The service with the page, as people use it: a process of its own that can be killed, and is there again. */
import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { connect } from '../../../src/client/index.ts';
import type { Client } from '../../../src/client/index.ts';
import { freePort } from '../aws/server-process.ts';
import { serveCli } from '../served.ts';
import type { Served } from '../served.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import type { TemporaryFolder } from '../temporary-folder.ts';

export interface PageServiceOptions {
  /** `http` of its configuration. */
  readonly http?: object | undefined;
  /** `limits` of its configuration. */
  readonly limits?: object | undefined;
}

/** From this level on, a line of its log says that it was wrong itself. */
const ERROR_LEVEL = 50;

export class PageService implements AsyncDisposable {
  /** Without a slash at its end. It stays the same. */
  readonly url: string;
  /** What an operator may do. */
  readonly operator: Client;
  /** That of the operator. */
  readonly token: string;
  readonly #folder: TemporaryFolder;
  readonly #options: PageServiceOptions;
  readonly #port: number;
  #served: Served;

  private constructor(options: PageServiceOptions, folder: TemporaryFolder, port: number, served: Served) {
    this.#options = options;
    this.#folder = folder;
    this.#port = port;
    this.#served = served;
    this.url = served.url;
    this.token = served.token;
    this.operator = connect({ url: served.url, token: served.token });
  }

  /** Starts it on a new vault, with the page as its sources are now. */
  static async start(options: PageServiceOptions = {}): Promise<PageService> {
    await buildPage();
    await using scope = new AsyncDisposableStack();
    const folder = scope.use(await temporaryFolder());
    const port = await freePort();
    const served = await serve(options, { folder: folder.path, port });
    scope.move();
    return new PageService(options, folder, port, served);
  }

  get pid(): number {
    return this.#served.pid;
  }

  /** As a crash would end it. */
  async kill(): Promise<void> {
    await this.#served[Symbol.asyncDispose]();
    await this.#check();
  }

  /** Starts it anew, where it was. */
  async restart(): Promise<void> {
    this.#served = await serve(this.#options, { folder: this.#folder.path, port: this.#port, token: this.token });
  }

  /** @throws when it logged an error of its own */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.kill();
    } finally {
      await this.#folder[Symbol.asyncDispose]();
    }
  }

  async #check(): Promise<void> {
    const { stderr } = await this.#served.result;
    const errors = stderr.split('\n').filter((line) => Number(/^\{"level":(\d+),/.exec(line)?.[1] ?? 0) >= ERROR_LEVEL);
    if (errors.length > 0) throw new Error(`the service logged errors:\n${errors.join('\n')}`);
  }
}

interface Place {
  readonly folder: string;
  readonly port: number;
  /** That was told the first time. */
  readonly token?: string;
}

function serve({ http = {}, limits }: PageServiceOptions, { folder, port, token }: Place): Promise<Served> {
  return serveCli({
    cwd: folder,
    words: ['--init', '--port', String(port)],
    http,
    ...(limits === undefined ? {} : { variables: { SEALROOM_LIMITS: JSON.stringify(limits) } }),
    ...(token === undefined ? {} : { token }),
  });
}

let built: Promise<unknown> | undefined;

/** Once: nobody changes the page while its tests run. */
function buildPage(): Promise<unknown> {
  return (built ??= promisify(execFile)(process.execPath, [
    resolve(import.meta.dirname, '../../../tools/build-page.ts'),
  ]));
}
