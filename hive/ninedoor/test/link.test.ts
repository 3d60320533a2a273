// 9P connections without a socket: what a WebSocket carries. Each side can make the other wait, and neither is kept by the other.

import type { Manifest } from '@cohesix/manifest';
import { create9pSplitter } from '@cohesix/wire';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type ByteLink, NinepLinks } from '../src/ninep/link.ts';
import { attachText, type Fixture, framesOf, makeFixture, settled, VERSION } from './fixture.ts';

const QUEUE_BYTES = 8192;
const closers: (() => void)[] = [];

afterEach(() => {
  vi.useRealTimers();
  for (const close of closers.splice(0)) close();
});

interface Stand {
  readonly fixture: Fixture;
  readonly links: NinepLinks;
  readonly link: ByteLink;
  /** What came out. */
  readonly heard: { frames: number; bytes: number; closed: string | undefined; drained: number };
}

function stand(change: (manifest: Manifest) => Manifest = (manifest) => manifest): Stand {
  const fixture = makeFixture((manifest) => change({ ...manifest }));
  fixture.view = `${'x'.repeat(7999)}\n`;
  const links = new NinepLinks(fixture.door);
  closers.push(() => links.close());
  const link = opened(links);
  const heard: Stand['heard'] = { frames: 0, bytes: 0, closed: undefined, drained: 0 };
  const splitter = create9pSplitter(1 << 20);
  link.start({
    data: (chunk) => {
      heard.bytes += chunk.length;
      splitter.push(chunk);
      while (splitter.next() === 'frame') heard.frames += 1;
    },
    closed: (reason) => {
      heard.closed = reason;
    },
    drained: () => {
      heard.drained += 1;
    },
  });
  return { fixture, links, link, heard };
}

function opened(links: NinepLinks): ByteLink {
  const link = links.open('192.0.2.1');
  if (!link.ok) throw new Error(link.refusal.detail);
  return link.value;
}

const begin = (fixture: Fixture): Uint8Array =>
  framesOf([
    VERSION,
    attachText(fixture.token()),
    "Twalk tag 2 fid 1 newfid 2 'proc' 'boot'",
    'Tlopen tag 3 fid 2 flags 0',
  ]);
const reads = (count: number): Uint8Array =>
  framesOf(Array.from({ length: count }, () => 'Tread tag 4 fid 2 offset 0 count 8000'));

const smallQueue = (manifest: Manifest): Manifest => ({
  ...manifest,
  secure9p: { ...manifest.secure9p, write_queue_bytes: QUEUE_BYTES },
});

describe('a link', () => {
  it('carries a session, which names its door', async () => {
    const { fixture, link, heard } = stand();
    link.send(begin(fixture));
    await settled();
    expect(heard.frames).toBe(4);
    const [session] = [...fixture.door.sessions.values()];
    expect(session?.door).toBe('websocket');
    link.send(framesOf([attachText('bad', 9).replace('tag 1', 'tag 7')]));
    await settled();
    expect(fixture.audit.at(-1)).toContain('op=attach door=websocket');
  });

  it('lets a hive wait whose answers nobody takes, and its sender with it', async () => {
    const { fixture, link, heard } = stand(smallQueue);
    link.send(begin(fixture));
    await settled();
    link.pause();
    link.send(reads(40));
    link.send(reads(60));
    await settled();
    const before = heard.bytes;
    expect(fixture.door.traffic.pauses).toBeGreaterThan(0);
    expect(link.queuedBytes).toBe(reads(60).length);
    await settled();
    expect(heard.bytes).toBe(before);
    const drained = heard.drained;
    link.resume();
    await vi.waitFor(() => expect(heard.frames).toBe(104));
    expect([link.queuedBytes, heard.drained > drained]).toEqual([0, true]);
  });

  it('answers what was sent before it closes', async () => {
    const { fixture, link, heard } = stand();
    link.send(begin(fixture));
    link.send(reads(5));
    link.close();
    link.send(reads(5));
    await vi.waitFor(() => expect(heard.closed).toBe('closed by the hive'));
    expect([heard.frames, fixture.door.sessions.size]).toEqual([9, 0]);
  });

  it('is not kept by an owner who closes and never takes the answers', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { fixture, link, heard } = stand(smallQueue);
    link.send(begin(fixture));
    await settled();
    link.pause();
    link.send(reads(100));
    await settled();
    link.close();
    await settled();
    expect(heard.closed).toBeUndefined();
    vi.advanceTimersByTime(2000);
    expect([heard.closed, fixture.door.sessions.size]).toEqual(['closed by the hive', 0]);
  });

  it('is gone at once when it is destroyed, and told once', async () => {
    const { fixture, link, heard } = stand();
    link.send(begin(fixture));
    await settled();
    link.destroy();
    expect([heard.closed, fixture.door.sessions.size]).toEqual(['closed', 0]);
    heard.closed = undefined;
    link.destroy();
    link.close();
    link.send(reads(1));
    await settled();
    expect([heard.closed, heard.frames]).toEqual([undefined, 4]);
  });

  it('ends with input that is no 9P', async () => {
    const { link, heard } = stand();
    link.send(new Uint8Array(7));
    await vi.waitFor(() => expect(heard.closed).toBe('closed by the hive'));
  });

  it('ends with the hive', async () => {
    const { links, heard } = stand();
    links.close();
    expect(heard.closed).toBe('the hive stops');
  });
});

describe('links', () => {
  it('are so many, and one more when one has ended', () => {
    const { links, link } = stand((manifest) => ({ ...manifest, secure9p: { ...manifest.secure9p, sessions_max: 1 } }));
    for (let more = 0; more < 64; more++) opened(links);
    expect(links.open('192.0.2.1')).toMatchObject({ ok: false, refusal: { code: 'limit' } });
    link.destroy();
    expect(links.open('192.0.2.1').ok).toBe(true);
  });

  it('on which nobody attaches are cut', async () => {
    const { fixture, heard, link, links } = stand();
    const idle = opened(links);
    let closed = '';
    idle.start({
      data: () => {},
      closed: (reason) => {
        closed = reason;
      },
    });
    link.send(begin(fixture));
    await settled();
    fixture.now += 6000;
    await vi.waitFor(() => expect(closed).toBe('nobody attached in time'), { timeout: 5000 });
    expect(heard.closed).toBeUndefined();
  });
});
