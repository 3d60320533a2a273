// coh ui: a link that signs the page of a hive in.

import { spawn } from 'node:child_process';
import { makeSignInCode, nodeSender, realTimers, type SignInCode, signInLink } from '@cohesix/client';
import { ok, type Result } from '@cohesix/wire';
import { type Context, note, sayJson } from '../context.ts';
import { fail, failureOf } from '../failure.ts';
import { pageTicket } from '../gateway/page.ts';
import { DONE, httpUrl, sessionToken } from '../session.ts';
import { clientTlsOf } from '../tls-files.ts';
import { limitsOfHive } from './ticket.ts';

/** What `coh ui` is told. */
export interface UiFlags {
  readonly open?: boolean;
}

/** Milliseconds for the gateway's answer. */
const DEADLINE_MS = 10_000;

/** `coh ui`: the link on stdout, and in the browser with `--open`. JSON: `{page, expires_in_ms}`. */
export async function ui(context: Context, { open }: UiFlags): Promise<number> {
  const url = httpUrl(context);
  if (!url.ok) return fail(context, failureOf('cannot make a link', url.refusal));
  const made = await codeAt(context, url.value);
  if (!made.ok) return fail(context, failureOf('cannot make a link', made.refusal));
  const { code, expiresInMs } = made.value;
  const page = signInLink(url.value, code);
  if (context.json) sayJson(context, { page, expires_in_ms: expiresInMs });
  else {
    context.io.stdout.write(`${page}\n`);
    note(context, `good once, within ${Math.round(expiresInMs / 60_000)} minutes`);
  }
  if (open === true) await openInBrowser(context, page);
  return DONE;
}

async function codeAt(context: Context, url: string): Promise<Result<SignInCode>> {
  const token = await sessionToken(context, 'queen');
  if (!token.ok) return token;
  const tls = clientTlsOf(context);
  if (!tls.ok) return tls;
  const ticket = pageTicket(token.value, { nowMs: Date.now(), limits: await limitsOfHive(context) });
  if (ticket === token.value) note(context, 'this ticket cannot be passed on, so the page gets it as it is');
  const send = nodeSender(tls.value ?? {});
  const made = await makeSignInCode(ticket, { url, timers: realTimers, deadlineMs: DEADLINE_MS, send });
  return made.ok ? ok(made.value) : made;
}

/** What opens a URL on this system. */
const OPENERS: Readonly<Partial<Record<NodeJS.Platform, string>>> = { darwin: 'open', linux: 'xdg-open' };

/** Starts the browser and does not wait for it; when there is none the link is on stdout all the same. */
function openInBrowser(context: Context, page: string): Promise<void> {
  const opener = OPENERS[process.platform];
  if (opener === undefined) {
    note(context, 'no browser is known here; open the link yourself');
    return Promise.resolve();
  }
  return new Promise((resolve) => {
    const child = spawn(opener, [page], { env: context.io.env, stdio: 'ignore', detached: true });
    child.once('error', ({ message }) => {
      note(context, `no browser was opened (${message.replace(page, 'LINK')}); open the link yourself`);
      resolve();
    });
    child.once('spawn', () => {
      child.unref();
      resolve();
    });
  });
}
