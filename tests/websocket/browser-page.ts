// What runs in the browser of `browser.test.ts`: the client as any page would use it. Bundled with esbuild for browsers; that
// nothing of Node is in it is part of the test.

import { dialWebSocket, NinePClient, realTimers } from '@cohesix/client/core';

/** What the page is told by its server. */
interface Order {
  readonly url: string;
  readonly ticket: string;
}

/** The part of a page that is used here; this file is compiled for browsers only by esbuild. */
declare const document: { readonly body: { textContent: string } };
declare function fetch(url: string): Promise<{ json(): Promise<unknown> }>;

const UTF8 = new TextDecoder();

async function work({ url, ticket }: Order): Promise<unknown> {
  const dialed = await dialWebSocket(url, 10_000);
  if (!dialed.ok) return dialed.refusal;
  const attached = await NinePClient.attach(dialed.value, {
    role: 'queen',
    ticket,
    deadlineMs: 10_000,
    timers: realTimers,
  });
  if (!attached.ok) return attached.refusal;
  const client = attached.value;
  const names = await client.list('/');
  const boot = await client.read('/proc/boot');
  const follow = await client.follow('/log/queen.log');
  if (!names.ok || !boot.ok || !follow.ok) return { names, boot, follow };
  const appended = await client.append('/queen/ctl', '{"spawn":"heartbeat","ticks":7}');
  const refused = await client.append('/queen/ctl', '{"no":"such"}');
  let heard = '';
  for await (const chunk of follow.value) {
    heard += UTF8.decode(chunk);
    if (heard.includes('heartbeat')) break;
  }
  const missing = await client.read('/no/such');
  await client.close();
  return {
    names: names.value,
    boot: UTF8.decode(boot.value).split('\n')[0],
    appended: appended.ok ? appended.value.bytes : appended.refusal.code,
    refused: refused.ok ? 'accepted' : refused.refusal.code,
    missing: missing.ok ? 'found' : missing.refusal.code,
    heard: heard.includes('heartbeat'),
    closed: await client.ping().then((pong) => (pong.ok ? 'open' : pong.refusal.code)),
  };
}

const order = (await (await fetch('/order')).json()) as Order;
const result = await work(order).catch((error: unknown) => ({ defect: String(error) }));
document.body.textContent = JSON.stringify(result);
await fetch('/done');
