import assert from 'node:assert/strict';
import { after, describe } from 'node:test';
import { text } from '../../web/src/text.ts';
import { browserTests } from '../support/browser/browser-tests.ts';
import { SignInProvider } from '../support/browser/sign-in-provider.ts';

describe('signing in with a token', () => {
  const test = browserTests();

  test('leads to the files, for this tab alone and until somebody signs out', async ({ visitor, token, service }) => {
    const { page, context } = visitor;
    await visitor.signIn(token);
    await page.getByRole('heading', { name: text.files.title, level: 1 }).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: text.files.title, level: 1 }).waitFor();
    const another = await context.newPage();
    await another.goto(service.url);
    await another.getByLabel(text.session.token).waitFor();
    await page.getByRole('button', { name: text.shell.signOut }).click();
    await page.getByLabel(text.session.token).waitFor();
    await page.reload();
    await page.getByLabel(text.session.token).waitFor();
    assert.deepEqual(await context.cookies(), []);
    assert.equal(JSON.stringify(await context.storageState()).includes(token), false);
  });

  test('is refused with a wrong one, and says why', async ({ visitor, service, token }) => {
    const { page } = visitor;
    visitor.expectTrouble(/console: .* 401 .*\/v1\/session/);
    await page.goto(service.url);
    const field = page.getByLabel(text.session.token);
    await field.fill(`${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`);
    await field.press('Enter');
    await page.getByText(text.session.refused).first().waitFor();
    assert.equal(await field.getAttribute('aria-invalid'), 'true');
    await field.fill(token);
    await field.press('Enter');
    await page.getByRole('heading', { name: text.files.title, level: 1 }).waitFor();
  });

  test('ends when the token is revoked, and says so', async ({ visitor, service, tenant, files }) => {
    const { page } = visitor;
    await files.put(Buffer.from('words'), { name: 'words.txt', type: 'text/plain' });
    const { id, token } = await service.operator.tokens.create({ role: 'writer', tenant });
    await visitor.signIn(token);
    await service.operator.tokens.revoke(id, { tenant });
    visitor.expectTrouble(/console: .* 401 /);
    await page.getByRole('searchbox').fill('anything');
    await page.getByText(text.session.ended).first().waitFor();
    await page.reload();
    await page.getByLabel(text.session.token).waitFor();
  });
});

describe('signing in at an identity provider', async () => {
  const provider = await SignInProvider.start();
  after(() => provider[Symbol.asyncDispose]());
  const test = browserTests(() => ({ http: { oidc: provider.configuration } }));
  const host = new URL(provider.issuer).host;
  const byProvider = { name: text.session.provider.signIn(host) };

  test('leads back to where somebody was going, with nothing of it in the address', async ({
    visitor,
    service,
    tenant,
    files,
  }) => {
    provider.person = { sub: 'ada', tenant, role: 'writer' };
    const { page } = visitor;
    const { id } = await files.put(Buffer.from('words'), { name: 'words.txt', type: 'text/plain' });
    await page.goto(`${service.url}/file/${id}`);
    await page.getByRole('button', byProvider).click();
    await page.getByRole('heading', { name: 'words.txt', level: 1 }).waitFor();
    assert.equal(page.url(), `${service.url}/file/${id}`);
    await page.getByText('ada', { exact: true }).waitFor();
  });

  test('by a token is possible, too', async ({ visitor, service, token }) => {
    const { page } = visitor;
    await page.goto(service.url);
    await page.getByRole('button', { name: text.session.byToken }).click();
    await page.getByLabel(text.session.token).fill(token);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: text.files.title, level: 1 }).waitFor();
  });

  test('says so when the provider lets nobody in', async ({ visitor, service }) => {
    provider.person = undefined;
    const { page } = visitor;
    await page.goto(service.url);
    await page.getByRole('button', byProvider).click();
    await page.getByText(text.session.provider.denied).first().waitFor();
  });

  test('takes no answer that this tab did not ask for, and no token of another request', async ({
    visitor,
    service,
    tenant,
  }) => {
    provider.person = { sub: 'ada', tenant, role: 'writer' };
    const { page } = visitor;
    const refusal = page.getByText(text.session.provider['not-asked-for']).first();
    await page.goto(`${service.url}/signed-in?code=stolen&state=guessed`);
    await refusal.waitFor();
    await page.goto(service.url);
    provider.nonce = 'of another request';
    await page.getByRole('button', byProvider).click();
    await refusal.waitFor();
    provider.nonce = undefined;
    await page.getByRole('button', byProvider).click();
    await page.getByRole('heading', { name: text.files.title, level: 1 }).waitFor();
  });
});
