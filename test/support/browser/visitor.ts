/** Somebody in a browser of his own, of whom everything that goes wrong in the page is kept. */
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { text } from '../../../web/src/text.ts';

/** How long anything may take to be there, in milliseconds: enough for machines that are busy. */
const PATIENCE = 30_000;

/** What is given up by the page itself, or becomes a download. */
const GIVEN_UP = 'net::ERR_ABORTED';

export class Visitor implements AsyncDisposable {
  readonly context: BrowserContext;
  readonly page: Page;
  readonly #url: string;
  readonly #troubles: string[] = [];
  readonly #expected: RegExp[] = [];

  private constructor(context: BrowserContext, page: Page, url: string) {
    this.context = context;
    this.page = page;
    this.#url = url;
    // From the beginning: a browser that is told of it in the moment of the click may be told too late.
    page.on('filechooser', () => undefined);
    context.on('console', (message) => {
      if (message.type() === 'error') this.#troubles.push(`console: ${message.text()} (${message.location().url})`);
    });
    context.on('weberror', (error) => this.#troubles.push(`uncaught: ${String(error.error().stack)}`));
    context.on('requestfailed', (request) => {
      const why = request.failure()?.errorText ?? '';
      if (why !== GIVEN_UP) this.#troubles.push(`request: ${request.method()} ${request.url()} failed: ${why}`);
    });
  }

  /** @param url of the service */
  static async arrive(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Visitor> {
    const context = await browser.newContext({
      viewport: { width: 1200, height: 800 },
      // Colours that are on their way to others would be measured half-way.
      reducedMotion: 'reduce',
      locale: 'en-GB',
      ...options,
    });
    context.setDefaultTimeout(PATIENCE);
    return new Visitor(context, await context.newPage(), url);
  }

  /** Opens the page and signs in as people do; resolves once the files are there. */
  async signIn(token: string): Promise<void> {
    const { page } = this;
    await page.goto(this.#url);
    await page.getByLabel(text.session.token).fill(token);
    await page.getByRole('button', { name: text.session.signIn, exact: true }).click();
    // Not before it is known whether there are any files: what is shown until then goes.
    const { empty, emptyReader } = text.files;
    await page.getByText(empty).or(page.getByText(emptyReader)).or(page.getByRole('row')).first().waitFor();
  }

  /** Something that is to go wrong: more than once is well, never is not. */
  expectTrouble(pattern: RegExp): void {
    this.#expected.push(pattern);
  }

  /** @throws when anything went wrong in the page but what was expected, or that did not */
  check(): void {
    const unexpected = this.#troubles.filter((trouble) => !this.#expected.some((pattern) => pattern.test(trouble)));
    if (unexpected.length > 0) throw new Error(`it went wrong in the page:\n${unexpected.join('\n')}`);
    const absent = this.#expected.filter((pattern) => !this.#troubles.some((trouble) => pattern.test(trouble)));
    if (absent.length > 0) throw new Error(`it did not go wrong in the page as expected: ${absent.join(', ')}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.context.close();
  }
}
