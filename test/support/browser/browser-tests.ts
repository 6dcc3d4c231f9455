/**
 * Tests of the page in Chromium, each in a tenant and a browser context of its own. Whatever goes wrong in the page fails
 * them: errors of the console, exceptions, failed requests, violations of its policy.
 *
 * Chromium is found on the path, or by `SEALROOM_CHROMIUM`; without it they are left out, loudly, unless
 * `SEALROOM_REQUIRE_ALL` is set. Screenshots go to the folder that `SEALROOM_SCREENSHOTS` names; without it only failures
 * leave one, in a temporary folder.
 */
import { mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { TestContext } from 'node:test';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import type { Role } from '../../../src/access/roles.ts';
import { connect } from '../../../src/client/index.ts';
import type { RemoteFiles } from '../../../src/client/index.ts';
import { leftOut } from '../aws/servers.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { chromiumProgram, startChromium } from './chromium.ts';
import { PageService } from './page-service.ts';
import type { PageServiceOptions } from './page-service.ts';
import { Visitor } from './visitor.ts';

/** A browser that hangs must not hold all other tests. */
const LONGEST = 120_000;

/** What a test has. */
export interface Scene {
  readonly t: TestContext;
  readonly service: PageService;
  /** That the test has to itself. */
  readonly tenant: string;
  /** Of its writer. */
  readonly token: string;
  /** What is in it, past the page. */
  readonly files: RemoteFiles;
  /** A folder that goes with the test. */
  readonly folder: string;
  /** Somebody who has opened nothing yet. */
  readonly visitor: Visitor;
  /** Somebody else, who knows nothing of what others have opened. */
  readonly another: (options?: BrowserContextOptions) => Promise<Visitor>;
  /** A token of another role. */
  readonly tokenOf: (role: Role) => Promise<string>;
  /** Keeps what the visitor sees, or somebody else, where that is wanted. */
  readonly screenshot: (name: string, page?: Page) => Promise<void>;
}

export type BrowserTest = (
  name: string,
  run: (scene: Scene) => Promise<void>,
  options?: { readonly timeout?: number },
) => void;

/** What declares tests of the page, on one service. To be called within `describe`. */
export function browserTests(options: () => PageServiceOptions = () => ({})): BrowserTest {
  let service: Promise<PageService> | undefined;
  let tenants = 0;
  after(async () => (await service)?.[Symbol.asyncDispose]());
  return (name, run, { timeout = LONGEST } = {}) => {
    test(name, { timeout }, async (t) => {
      if (leftOut(t, chromiumProgram(), 'Chromium')) return;
      service ??= PageService.start(options());
      tenants += 1;
      const tenant = `tenant-${tenants}`;
      await inScene({ t, service: await service, tenant }, run);
    });
  };
}

async function inScene(
  { t, service, tenant }: Pick<Scene, 't' | 'service' | 'tenant'>,
  run: (scene: Scene) => Promise<void>,
): Promise<void> {
  await using scope = new AsyncDisposableStack();
  const { path: folder } = scope.use(await temporaryFolder());
  const chromium = await theBrowser();
  const visitors: Visitor[] = [];
  const another = async (options?: BrowserContextOptions): Promise<Visitor> => {
    const visitor = scope.use(await Visitor.arrive(chromium, service.url, options));
    visitors.push(visitor);
    return visitor;
  };
  const tokenOf = async (role: Role): Promise<string> =>
    (await service.operator.tokens.create({ role, tenant, name: `${role} of ${tenant}` })).token;
  await service.operator.createTenant(tenant);
  const token = await tokenOf('writer');
  const visitor = await another();
  const screenshot = async (name: string, page = visitor.page): Promise<void> => {
    const kept = process.env['SEALROOM_SCREENSHOTS'];
    if (kept === undefined) return;
    await mkdir(kept, { recursive: true });
    await page.screenshot({ path: join(kept, `${name}.png`) });
  };
  const files = connect({ url: service.url, token }).tenant(tenant);
  try {
    await run({ t, service, tenant, token, files, folder, visitor, another, tokenOf, screenshot });
    for (const each of visitors) each.check();
  } catch (error) {
    await keepWhatIsSeen(t, visitors);
    throw error;
  }
}

async function keepWhatIsSeen(t: TestContext, visitors: readonly Visitor[]): Promise<void> {
  const folder = process.env['SEALROOM_SCREENSHOTS'] ?? (await mkdtemp(join(tmpdir(), 'sealroom-screenshots-')));
  for (const [index, { page }] of visitors.entries()) {
    if (page.isClosed()) continue;
    const path = join(folder, `failed-${t.name.replaceAll(/[^a-z0-9]+/gi, '-')}-${index}.png`);
    // The failure is what is to be told, not that its picture could not be taken.
    await page.screenshot({ path }).then(
      () => t.diagnostic(`what was seen is in ${path}`),
      () => undefined,
    );
  }
}

let browser: Promise<Browser> | undefined;

/** One for all tests of the process. */
function theBrowser(): Promise<Browser> {
  return (browser ??= startChromium());
}

after(async () => (await browser)?.close());
