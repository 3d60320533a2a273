// --wait against a hive that is played: what was decided, and by which way.

import type { HiveClient } from '@cohesix/client';
import { ok, refuse } from '@cohesix/wire';
import { describe, expect, it } from 'vitest';
import { contextOf } from '../src/context.ts';
import { ACTIONS_QUEUE, failLine, submit } from '../src/control-line.ts';
import { capturedIo } from './captured-io.ts';

const control = { path: '/queen/ctl', line: '{"kill":"worker-1"}' };

/** A hive whose request has this status; the line is accepted from the `acceptedFrom`th time on. */
function played(status: object, acceptedFrom: number): { client: HiveClient; sent: () => number } {
  let sent = 0;
  const client: Partial<HiveClient> = {
    append: async (path) => {
      if (path === ACTIONS_QUEUE) return ok({ bytes: 1 });
      sent += 1;
      return sent >= acceptedFrom ? ok({ bytes: 20 }) : refuse('needs-approval');
    },
    read: async () => ok(new TextEncoder().encode(`${JSON.stringify(status)}\n`)),
    explain: async () => undefined,
  };
  return { client: client as HiveClient, sent: () => sent };
}

describe('--wait', () => {
  it('asks for each of several lines that needs an approval, and for no other', async () => {
    const lines = ['{"kill":"worker-1"}', '{"kill":"worker-2"}'];
    const asked: string[] = [];
    const client: Partial<HiveClient> = {
      append: async (path, text) => {
        if (path !== ACTIONS_QUEUE) return asked.length < 2 ? refuse('needs-approval') : ok({ bytes: 40 });
        asked.push((JSON.parse(text) as { line: string }).line);
        return ok({ bytes: 1 });
      },
      read: async (path) => {
        if (path !== '/proc/self/results') return ok(new TextEncoder().encode('{"state":"queued"}\n'));
        const results = lines.map((_, index) => {
          const result = index === asked.length ? 'refused' : 'dropped';
          return JSON.stringify({ line: index + 1, path: control.path, result });
        });
        return ok(new TextEncoder().encode(`${results.join('\n')}\n`));
      },
    };
    const both = { path: control.path, line: lines.join('\n') };
    const context = contextOf(capturedIo().io, {});
    expect(await submit(context, client as HiveClient, both, 300)).toEqual(ok({ bytes: 40 }));
    expect(asked).toEqual(lines);
  });

  it('tries once more at its end: somebody may have approved the line itself', async () => {
    const { client, sent } = played({ state: 'requested' }, 2);
    const context = contextOf(capturedIo().io, {});
    expect(await submit(context, client, control, 1)).toEqual(ok({ bytes: 20 }));
    expect(sent()).toBe(2);
  });

  it('that ends with an expired request tries, too', async () => {
    const { client } = played({ state: 'expired' }, 2);
    expect(await submit(contextOf(capturedIo().io, {}), client, control, 300)).toMatchObject({ ok: true });
  });

  it('is unanswered when that is refused, too', async () => {
    const { client, sent } = played({ state: 'expired' }, 99);
    const result = await submit(contextOf(capturedIo().io, {}), client, control, 300);
    expect(result).toMatchObject({ ok: false, refusal: { code: 'needs-approval' } });
    expect(JSON.stringify(result)).toContain('Nobody answered request ask-');
    expect(sent()).toBe(2);
  });

  it('does not send a line that was denied', async () => {
    const { client, sent } = played({ state: 'denied', decided_by: 'ann' }, 2);
    const result = await submit(contextOf(capturedIo().io, {}), client, control, 300);
    expect(result).toMatchObject({ ok: false, refusal: { code: 'approval-denied' } });
    expect(sent()).toBe(1);
  });

  it('ends at once, and says why, when the approval was used by somebody else', async () => {
    const { client, sent } = played({ state: 'consumed', entry: 17 }, 2);
    const captured = capturedIo();
    const context = contextOf(captured.io, {});
    const result = await submit(context, client, control, 300);
    if (result.ok) throw new Error('accepted');
    expect(await failLine(context, client, { what: 'cannot kill', refusal: result.refusal, control })).toBe(4);
    expect(captured.stderr()).toContain(
      'was approved, but the approval was used by the same line in journal entry 17.',
    );
    expect(sent()).toBe(1);
  });
});
