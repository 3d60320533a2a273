// The page at `/docs` in a real Chromium: lists the operations, sends one with a ticket, shows the answer as text, and can reach
// nothing but its own gateway.

import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type BrowserPage, CHROMIUM, openPage } from '../support/browser.ts';
import { startHive, type TestHive } from '../support/hive.ts';
import { toolMissing } from '../support/tool.ts';

const missing = toolMissing(CHROMIUM, 'chromium');
const WAIT = { timeout: 20_000, interval: 100 };
const TEST = { timeout: 60_000 };

let hive: TestHive;
let page: BrowserPage | undefined;

beforeEach(async (context) => {
  if (missing !== undefined) context.skip(missing);
  hive = await startHive();
});

afterEach(async () => {
  await page?.close();
  page = undefined;
  await hive?.stop();
});

async function openDocs(): Promise<{ url: string; page: BrowserPage }> {
  const line =
    hive
      .output()
      .split('\n')
      .find((one) => one.startsWith('{')) ?? '{}';
  const { http: url } = JSON.parse(line) as { http: string };
  page = await openPage(`${url}/docs`);
  const { evaluate } = page;
  await vi.waitFor(
    async () => expect(await evaluate('document.getElementById("operations").ariaBusy')).toBe('false'),
    WAIT,
  );
  return { url, page };
}

/** Opens the form of an operation, fills it, sends it; what is shown then. */
async function sent(
  { evaluate }: BrowserPage,
  operation: string,
  fields: Readonly<Record<string, string>>,
): Promise<string> {
  await evaluate(`
    window.row = document.querySelector(${JSON.stringify(`details[data-text^="${operation} "]`)});
    row.open = true;`);
  await vi.waitFor(async () => expect(await evaluate('row.querySelector("form") !== null')).toBe(true), WAIT);
  await evaluate(`
    for (const [name, value] of Object.entries(${JSON.stringify(fields)})) row.querySelector('[name="' + name + '"]').value = value;
    row.querySelector('button').click();`);
  const shown = 'row.querySelector("pre").textContent';
  await vi.waitFor(async () => expect(await evaluate(shown)).toMatch(/^\d{3} /), WAIT);
  return String(await evaluate(shown));
}

async function giveTicket({ evaluate }: BrowserPage, ticket: string): Promise<void> {
  await evaluate(`document.getElementById('ticket').value = ${JSON.stringify(ticket)}`);
}

test('an operation without a ticket is refused, and with one it is answered', TEST, async () => {
  const { page: docs } = await openDocs();
  expect(await sent(docs, 'get /v1/fs/ls', { path: '/proc' })).toMatch(/^401 /);
  await giveTicket(docs, hive.ticket);
  const listed = await sent(docs, 'get /v1/fs/ls', { path: '/proc' });
  expect(listed).toMatch(/^200 /);
  expect(listed).toContain('"lifecycle"');
  const written = await sent(docs, 'post /v1/control/queen/lifecycle/ctl', { body: '"cordon"' });
  expect(written).toContain('"state": "DRAINING"');
});

test('content of the hive is shown as text, never as markup', TEST, async () => {
  const { page: docs } = await openDocs();
  await giveTicket(docs, hive.ticket);
  const trap = '<img src=x onerror="window.trapped=1"><script>window.trapped=1</script>';
  await sent(docs, 'post /v1/fs/echo', { body: JSON.stringify({ path: '/log/queen.log', line: trap }) });
  const shown = await sent(docs, 'get /v1/fs/tail', { path: '/log/queen.log', max_bytes: '65536' });
  expect(shown).toContain('onerror');
  expect(await docs.evaluate('[document.images.length, window.trapped]')).toEqual([0, null]);
});

test('nothing inline runs, nothing elsewhere is asked, and no ticket is left behind', TEST, async () => {
  const { url, page: docs } = await openDocs();
  await giveTicket(docs, hive.ticket);
  await sent(docs, 'get /v1/fs/ls', { path: '/' });
  expect(docs.errors.filter((text) => !text.includes('favicon'))).toEqual([]);
  await docs.evaluate(`
    const script = document.createElement('script');
    script.textContent = 'window.ran = 1';
    document.body.append(script);`);
  expect(await docs.evaluate('typeof window.ran')).toBe('undefined');
  const elsewhere = await docs.evaluate('fetch("http://127.0.0.1:9/").then(() => "went", () => "kept")');
  expect(elsewhere).toBe('kept');
  for (const directive of ['script-src', 'connect-src']) {
    await vi.waitFor(() => expect(docs.errors.join('\n')).toContain(`${directive} 'self'`), WAIT);
  }
  const asked = docs.requested.filter((one) => one !== 'http://127.0.0.1:9/');
  expect(asked.filter((one) => new URL(one).origin !== url)).toEqual([]);
  expect(asked.join(' ')).not.toContain(hive.ticket);
  expect(await docs.evaluate('[localStorage.length, sessionStorage.length, document.cookie]')).toEqual([0, 0, '']);
});
