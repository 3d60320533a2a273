// A Chromium that a test drives, over the Chrome DevTools Protocol: opens a page, and evaluates expressions in it.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** Where Debian's Chromium is. */
export const CHROMIUM = '/usr/bin/chromium';

const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run'];

/** A page in a browser. */
export interface BrowserPage {
  /** The value of an expression in the page; promises are waited for. @throws Error with what the page threw. */
  evaluate(expression: string): Promise<unknown>;
  /** What the page was kept from by its policy, and what failed in it: the texts of its error log. */
  readonly errors: readonly string[];
  /** Every URL the page asked for. */
  readonly requested: readonly string[];
  close(): Promise<void>;
}

/** Starts a browser with one page. The browser and its profile are gone after `close`. */
export async function openPage(url: string): Promise<BrowserPage> {
  const profile = mkdtempSync(join(tmpdir(), 'cohesix-chromium-'));
  const browser = spawn(
    CHROMIUM,
    [...FLAGS, `--user-data-dir=${profile}`, '--remote-debugging-port=0', 'about:blank'],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  const close = async (): Promise<void> => {
    if (browser.exitCode === null && browser.signalCode === null) {
      const ended = once(browser, 'exit');
      browser.kill('SIGKILL');
      await ended;
    }
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    return { ...(await driven(await targetOf(browser), url)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The WebSocket of the first page. @throws Error when the browser ends before it says where it listens. */
async function targetOf(browser: ChildProcess): Promise<string> {
  if (browser.stderr === null) throw new Error('no stderr');
  for await (const line of createInterface({ input: browser.stderr })) {
    const [, origin] = /^DevTools listening on ws:\/\/([^/]+)\//.exec(line) ?? [];
    if (origin === undefined) continue;
    const pages = (await (await fetch(`http://${origin}/json/list`)).json()) as readonly {
      type: string;
      webSocketDebuggerUrl: string;
    }[];
    const page = pages.find(({ type }) => type === 'page');
    if (page !== undefined) return page.webSocketDebuggerUrl;
  }
  throw new Error('chromium ended, or has no page');
}

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: {
    readonly entry?: { readonly level: string; readonly text: string };
    readonly request?: { readonly url: string };
  };
  readonly result?: {
    readonly result?: { readonly value?: unknown };
    readonly exceptionDetails?: { readonly text: string };
  };
  readonly error?: { readonly message: string };
}

async function driven(target: string, url: string): Promise<Omit<BrowserPage, 'close'>> {
  const socket = new WebSocket(target);
  const waiting = new Map<number, (message: Message) => void>();
  const [errors, requested]: [string[], string[]] = [[], []];
  let loaded: () => void = () => undefined;
  socket.addEventListener('message', ({ data }) => {
    const message = JSON.parse(String(data)) as Message;
    if (message.id !== undefined) waiting.get(message.id)?.(message);
    if (message.params?.entry?.level === 'error') errors.push(message.params.entry.text);
    if (message.method === 'Network.requestWillBeSent') requested.push(message.params?.request?.url ?? '');
    if (message.method === 'Page.loadEventFired') loaded();
  });
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve);
    socket.addEventListener('error', () => reject(new Error('no connection to chromium')));
  });
  let id = 0;
  const ask = (method: string, params: object = {}): Promise<Message> => {
    id += 1;
    const answer = new Promise<Message>((resolve) => waiting.set(id, resolve));
    socket.send(JSON.stringify({ id, method, params }));
    return answer;
  };
  for (const domain of ['Page', 'Log', 'Network']) await ask(`${domain}.enable`);
  const whenLoaded = new Promise<void>((resolve) => {
    loaded = resolve;
  });
  await ask('Page.navigate', { url });
  await whenLoaded;
  const evaluate = async (expression: string): Promise<unknown> => {
    const { result, error } = await ask('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true });
    const problem = error?.message ?? result?.exceptionDetails?.text;
    if (problem !== undefined) throw new Error(`${problem} in ${expression}`);
    return result?.result?.value;
  };
  return { evaluate, errors, requested };
}
