/** Looking after a tenant and a vault, in the page. */
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import type { Locator, Page } from 'playwright-core';
import { connect } from '../../src/client/index.ts';
import { patterned } from '../../src/testing/test-bytes.ts';
import { text } from '../../web/src/text.ts';
import { browserTests } from '../support/browser/browser-tests.ts';

const words = text.admin;

async function openAdministration(page: Page, tab: string): Promise<void> {
  await page.getByRole('link', { name: text.shell.admin }).click();
  await page.getByRole('tab', { name: tab, exact: true }).click();
}

const button = (within: Page | Locator, name: string): Locator => within.getByRole('button', { name, exact: true });

/** The line of a tenant. */
const tenantLine = (page: Page, name: string): Locator =>
  page.getByRole('listitem').filter({ has: page.getByRole('heading', { name: new RegExp(`^${name}\\b`) }) });

describe('the administration', () => {
  const test = browserTests();

  test('makes a token that is shown once and works, and revokes it, which signs out whoever has it', async (scene) => {
    const { visitor, tenant, files } = scene;
    const { page } = visitor;
    await files.put(patterned(10), { name: 'n' });
    await visitor.signIn(await scene.tokenOf('admin'));
    await openAdministration(page, words.tabs.tokens);
    await button(page, words.tokens.new).click();
    const form = page.getByRole('dialog', { name: words.newToken.title });
    await form.getByLabel(words.newToken.name).fill('Zoe');
    await form.getByLabel(words.newToken.roles.reader, { exact: true }).check();
    await form.getByLabel(words.newToken.lifetimes.week).check();
    await button(form, words.newToken.make).click();
    const made = page.getByRole('alertdialog', { name: words.newToken.madeTitle('Zoe') });
    const secret = await made.getByLabel(words.newToken.token, { exact: true }).inputValue();
    await scene.screenshot('administration-token');
    await button(made, words.newToken.done).click();
    assert.ok(!(await page.content()).includes(secret), 'it is not to be found any more');

    const zoe = await scene.another();
    await zoe.signIn(secret);
    const list = page.getByRole('group', { name: words.tokens.title(tenant) });
    const line = list.getByRole('listitem').filter({ hasText: 'Zoe' });
    await line.getByText(words.tokens.roles.reader, { exact: true }).waitFor();
    await line
      .getByText(words.tokens.ends('in 7 days'))
      .or(line.getByText(words.tokens.ends('in 6 days')))
      .waitFor();
    await button(list, words.tokens.revokeThis('Zoe')).click();
    await button(page.getByRole('alertdialog'), words.tokens.revoke).click();
    await line.waitFor({ state: 'detached' });
    assert.ok(await list.evaluate((element) => element === element.ownerDocument.activeElement));

    zoe.expectTrouble(/ 401 /);
    await zoe.page.getByLabel(text.files.search).fill('anything');
    await zoe.page.getByText(text.session.ended).first().waitFor();
  });

  test('is not there for readers and writers, nor at its address', async ({
    visitor,
    another,
    token,
    tokenOf,
    service,
  }) => {
    for (const [who, of] of [
      [visitor, token],
      [await another(), await tokenOf('reader')],
    ] as const) {
      await who.signIn(of);
      assert.equal(await who.page.getByRole('link', { name: text.shell.admin }).count(), 0);
      await who.page.goto(`${service.url}/admin`);
      await who.page.getByText(text.shell.notFound).waitFor();
    }
  });

  test('of one tenant has nothing that is of the whole vault', async ({ visitor, tokenOf }) => {
    await visitor.signIn(await tokenOf('admin'));
    await openAdministration(visitor.page, words.tabs.keys);
    assert.deepEqual(await visitor.page.getByRole('tab').allTextContents(), [words.tabs.tokens, words.tabs.keys]);
    await visitor.page.getByText(words.keys.none).waitFor();
  });

  test('makes a tenant with a quota, and shows how it fills', async ({ visitor, service, tenant, screenshot }) => {
    const { page } = visitor;
    const name = `${tenant}-new`;
    await visitor.signIn(service.token);
    await openAdministration(page, words.tabs.tenants);
    await button(page, words.tenants.new).click();
    const form = page.getByRole('dialog', { name: words.newTenant.title });
    await form.getByRole('textbox', { name: words.newTenant.name }).fill('default');
    await button(form, words.newTenant.make).click();
    await form.getByText(words.newTenant.nameProblems.exists).waitFor();
    await form.getByRole('textbox', { name: words.newTenant.name }).fill(name);
    await form.getByLabel(words.quota.bytes).fill('0.001');
    await form.getByLabel(words.quota.unit).selectOption('MB');
    await button(form, words.newTenant.make).click();
    const line = tenantLine(page, name);
    await line.getByText(words.tenants.notCounted('1 kB')).waitFor();

    await service.operator.tenant(name).put(patterned(950), { name: 'n' });
    await page.reload();
    const bar = line.getByRole('progressbar', { name: words.tenants.bytesBar(name) });
    await bar.waitFor();
    assert.equal(await bar.getAttribute('aria-valuetext'), '950 bytes of 1 kB, Nearly full');
    await screenshot('administration-tenants');

    await button(line, words.tenants.quotaOf(name)).click();
    const quota = page.getByRole('dialog', { name: words.quota.title(name) });
    assert.equal(await quota.getByLabel(words.quota.bytes).inputValue(), '0.001');
    await button(quota, words.quota.remove).click();
    await line.getByText(words.tenants.noQuota).waitFor();
    await button(line, words.tenants.countOf(name)).click();
    await line.getByText(words.tenants.holds(950, 1)).waitFor();

    await button(line, words.tenants.workIn(name)).click();
    await line.getByText(words.tenants.here).waitFor();
    await page.getByRole('tab', { name: words.tabs.keys }).click();
    await page.getByText(words.keys.counts(1, 0), { exact: true }).waitFor();
  });

  test('counts the journal, and says in words what a sweep did', async ({ visitor, service, screenshot }) => {
    const { page } = visitor;
    await visitor.signIn(service.token);
    await openAdministration(page, words.tabs.journal);
    await page.getByText(words.journal.empty).waitFor();
    await button(page, words.sweep.now).click();
    await page.getByText(words.sweep.nothing).waitFor();
    await screenshot('administration-journal');
  });

  test('says when something does not come, and gets it when asked again', async ({
    visitor,
    token,
    tokenOf,
    tenant,
    service,
  }) => {
    const { page } = visitor;
    await connect({ url: service.url, token }).tenant(tenant).put(patterned(10), { name: 'n' });
    await visitor.signIn(await tokenOf('admin'));
    await page.route('**/v1/keys', (route) =>
      route.fulfill({
        status: 403,
        contentType: 'application/problem+json',
        body: JSON.stringify({ code: 'permission', detail: 'no', status: 403 }),
      }),
    );
    visitor.expectTrouble(/ 403 /);
    await openAdministration(page, words.tabs.keys);
    const alert = page.getByRole('alert').filter({ hasText: words.notLoaded });
    await alert.getByText(text.files.problems.permission).waitFor();
    await page.unroute('**/v1/keys');
    await button(alert, text.common.tryAgain).click();
    await page.getByText(words.keys.counts(1, 0), { exact: true }).waitFor();
  });
});
