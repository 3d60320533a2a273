// The policy of the page in a real Chromium: what a page needs works under it (its script, its style, the WebSocket of its own
// gateway, a worker, signing in with the code of its URL), and what a page must not be able to do does not.

import { beforeEach, expect, test, vi } from 'vitest';
import { type BrowserPage, CHROMIUM, openPage } from '../support/browser.ts';
import { toolMissing } from '../support/tool.ts';
import { type Files, filesForEach } from './files-kit.ts';
import { pages } from './page-kit.ts';

const missing = toolMissing(CHROMIUM, 'chromium');
const WAIT = { timeout: 20_000, interval: 100 };
const TEST = { timeout: 60_000 };

const start = filesForEach();
const makePage = pages();

beforeEach((context) => {
  if (missing !== undefined) context.skip(missing);
});

/** What a page does first: takes its code out of the URL, redeems it, opens 9P. */
const SCRIPT = `
window.code = location.hash.replace('#/sign-in/', '');
history.replaceState(null, '', location.pathname + '#/hive');
const answer = await fetch('/v1/signin/redeem', {
  method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ code: window.code }),
});
window.redeemed = await answer.json();
const socket = new WebSocket(location.origin.replace('http', 'ws') + '/v1/9p', '9p2000.L');
window.socket = await new Promise((resolve) => {
  socket.addEventListener('open', () => resolve(socket.protocol));
  socket.addEventListener('error', () => resolve('kept'));
});
socket.close();
document.getElementById('root').textContent = 'run';
`;

/** Opens the page of a gateway by a link that signs it in, runs the test with it, and closes it. */
async function withPage(use: (page: BrowserPage, files: Files) => Promise<void>): Promise<void> {
  const files = await start({ more: { page: makePage(SCRIPT) } });
  const page = await openPage(files.gateway.signInLink(files.ticket));
  try {
    await vi.waitFor(
      async () => expect(await page.evaluate('document.getElementById("root").textContent')).toBe('run'),
      WAIT,
    );
    await use(page, files);
  } finally {
    await page.close();
  }
}

test('a link signs the page in, and it speaks 9P with its own gateway', TEST, async () => {
  await withPage(async ({ evaluate, errors, requested }, { ticket, gateway }) => {
    expect(await evaluate('window.redeemed')).toEqual({ status: 'OK', ticket, role: 'queen', subject: 'tester' });
    expect(await evaluate('window.socket')).toBe('9p2000.L');
    expect(await evaluate('getComputedStyle(document.getElementById("root")).color')).toBe('rgb(1, 2, 3)');
    expect(errors).toEqual([]);
    // The code was in no request's URL, and is no longer in that of the page.
    const code = String(await evaluate('window.code'));
    expect(code).toMatch(/^[A-Za-z0-9_-]{22}$/);
    const sent = requested.map((url) => url.split('#')[0]);
    expect(sent).toContain(`${gateway.url}/v1/signin/redeem`);
    expect(sent.join(' ')).not.toContain(code);
    expect(await evaluate('location.href')).not.toContain(code);
    expect(await evaluate('[localStorage.length, sessionStorage.length, document.cookie]')).toEqual([0, 0, '']);
  });
});

test('a worker of the page’s own runs', TEST, async () => {
  await withPage(async ({ evaluate }) => {
    const worked = await evaluate(`new Promise((resolve) => {
      const url = URL.createObjectURL(new Blob(['postMessage("worked")'], { type: 'text/javascript' }));
      const worker = new Worker(url);
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = () => resolve('kept');
    })`);
    expect(worked).toBe('worked');
  });
});

test('nothing inline, no eval, nothing elsewhere, no other WebSocket', TEST, async () => {
  await withPage(async ({ evaluate, errors }) => {
    // Of the page itself: an expression of the debugger may evaluate whatever the policy says.
    await evaluate(`{
      const script = document.createElement('script');
      script.textContent = 'window.ran = 1';
      const button = document.createElement('button');
      button.setAttribute('onclick', 'window.ran = 2');
      const style = document.createElement('style');
      style.textContent = '#root { color: rgb(9, 9, 9) }';
      document.body.append(script, button, style);
      button.click();
    }`);
    expect(await evaluate('typeof window.ran')).toBe('undefined');
    expect(await evaluate('getComputedStyle(document.getElementById("root")).color')).toBe('rgb(1, 2, 3)');
    const evaluated = `new Promise((resolve) => setTimeout(() => {
      try { resolve(new Function('return 1')()); } catch { resolve('kept'); }
    }))`;
    expect(await evaluate(evaluated)).toBe('kept');
    expect(await evaluate('fetch("http://127.0.0.1:9/").then(() => "went", () => "kept")')).toBe('kept');
    const other = `new Promise((resolve) => {
      const socket = new WebSocket('ws://127.0.0.1:9/v1/9p');
      socket.onopen = () => resolve('went');
      socket.onerror = () => resolve('kept');
    })`;
    expect(await evaluate(other)).toBe('kept');
    for (const directive of ['script-src', 'style-src', 'connect-src']) {
      await vi.waitFor(() => expect(errors.join('\n')).toContain(`${directive} 'self'`), WAIT);
    }
    expect(errors.join('\n')).toContain('ws://127.0.0.1:9/v1/9p');
  });
});
