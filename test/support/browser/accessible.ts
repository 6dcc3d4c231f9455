/** Whether a view can be used by everybody, on every screen. */
import assert from 'node:assert/strict';
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
const GRAVE: ReadonlySet<unknown> = new Set(['serious', 'critical']);
/** A small phone, in CSS pixels; WCAG 1.4.10 asks for 320. */
const PHONE = { width: 320, height: 640 };

/** Looks at what a page shows, in light and in dark. @throws when axe finds something serious or critical */
export async function assertAccessible(page: Page, what: string): Promise<void> {
  assertNothingGrave(await axe(page).withTags(TAGS).analyze(), `${what}, light`);
  await page.emulateMedia({ colorScheme: 'dark' });
  // Only its colours are others.
  assertNothingGrave(await axe(page).withRules('color-contrast').analyze(), `${what}, dark`);
  await page.emulateMedia({ colorScheme: 'light' });
}

type Found = Awaited<ReturnType<AxeBuilder['analyze']>>;

/** Without a second page to gather what frames of other origins hold: the page has none. */
function axe(page: Page): AxeBuilder {
  return new AxeBuilder({ page }).setLegacyMode();
}

function assertNothingGrave({ violations, passes }: Found, what: string): void {
  assert.ok(passes.length > 0, `${what}: something was looked at`);
  const grave = violations.filter(({ impact }) => GRAVE.has(impact));
  const told = grave.map(({ id, help, nodes }) => `${id} (${help}): ${nodes.map(({ html }) => html).join('\n    ')}`);
  assert.deepEqual(told, [], what);
}

/** @throws when something of a page is only seen by scrolling sideways on a phone */
export async function assertFitsPhone(page: Page, what: string): Promise<void> {
  const before = page.viewportSize()!;
  await page.setViewportSize(PHONE);
  const [needed, there] = await page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    return [scrollWidth, clientWidth] as const;
  });
  await page.setViewportSize(before);
  assert.ok(needed <= there, `${what} is ${needed} pixels wide on a screen of ${there}`);
}
