// coh host publish: a publisher in the foreground, of a made-up host.

import { HostPublisher, MockHost } from '@cohesix/bridges';
import type { HiveClient } from '@cohesix/client';
import type { Refusal } from '@cohesix/wire';
import { answer, type Context, note } from '../context.ts';
import { interruptible, pause } from '../interrupt.ts';
import { COMMAND, visible } from '../io.ts';
import { DONE, failAt, withHive } from '../session.ts';
import { rowsOf } from './lists.ts';

/** How a host is published. */
export interface PublishWish {
  /** Default: the default host of the hive. */
  readonly host?: string;
  readonly seed: number;
  /** Seconds between two looks. */
  readonly interval: number;
  readonly once?: true;
}

/** Publishes until Ctrl-C, or once. JSON at the end: `{host, fence, lines, orders}`. */
export function publishHost(context: Context, wish: PublishWish): Promise<number> {
  return withHive(context, async (client) => {
    const host = wish.host ?? (await firstHost(client));
    const what = visible(`cannot publish host ${host}`);
    let orders = 0;
    const tell = (line: string): void => {
      orders += 1;
      note(context, visible(line));
    };
    const publisher = new HostPublisher({ client, host, source: new MockHost(wish.seed), tell });
    const declared = await publisher.declare();
    if (!declared.ok) return failAt(context, client, { what, refusal: declared.refusal, advice: adviceFor(host) });
    const ended = wish.once ? await once(publisher) : await again(context, publisher, { ...wish, host });
    if (ended.refusal !== undefined)
      return failAt(context, client, { what, refusal: ended.refusal, advice: adviceFor(host) });
    const { lines } = ended;
    const { fence } = publisher;
    const told = `published ${host} under fence ${fence}: ${lines} lines, ${orders} orders`;
    answer(context, { host, fence, lines, orders }, [visible(told)]);
    return DONE;
  });
}

async function firstHost(client: HiveClient): Promise<string> {
  const found = await rowsOf(client, 'hosts');
  const [first] = found.ok ? found.value.rows : [];
  return typeof first?.host === 'string' ? first.host : 'local';
}

function adviceFor(host: string): readonly string[] {
  return [
    `Who publishes which host: ${COMMAND} host list`,
    visible(`If that publisher is gone: ${COMMAND} host release ${host}`),
  ];
}

/** How publishing ended. */
interface Ended {
  readonly lines: number;
  readonly refusal?: Refusal;
}

async function once(publisher: HostPublisher): Promise<Ended> {
  const published = await publisher.publish();
  if (!published.ok) return { lines: 0, refusal: published.refusal };
  const obeyed = await publisher.obey();
  return obeyed.ok ? { lines: published.value } : { lines: published.value, refusal: obeyed.refusal };
}

/** Says how it is again and again while orders are followed; whichever ends first ends the other. */
function again(
  context: Context,
  publisher: HostPublisher,
  { interval, host }: PublishWish & { readonly host: string },
): Promise<Ended> {
  note(
    context,
    visible(`publishing ${host} under fence ${publisher.fence}: ${publisher.providers.join(', ')}; Ctrl-C ends it`),
  );
  return interruptible(context, async (stopped) => {
    let isFollowed = true;
    const followed = publisher.follow().finally(() => {
      isFollowed = false;
    });
    let lines = 0;
    let refusal: Refusal | undefined;
    while (!stopped.aborted && isFollowed && refusal === undefined) {
      const looked = await once(publisher);
      lines += looked.lines;
      refusal = looked.refusal;
      if (refusal === undefined) await pause(interval * 1000, stopped);
    }
    publisher.stop();
    const result = await followed;
    const why = refusal ?? (result.ok ? undefined : result.refusal);
    return why === undefined || stopped.aborted ? { lines } : { lines, refusal: why };
  });
}
