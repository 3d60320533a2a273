// Standard input is read up to a limit, and told when there is more.

import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { readStdin } from '../src/token.ts';
import { capturedIo, coh } from './captured-io.ts';

const TICKET_BYTES = 65_536;
const ECHO_BYTES = 1 << 20;

describe('stdin', () => {
  it('is read to its limit, and not one byte past it', async () => {
    expect(await readStdin(capturedIo({ stdin: 'abcd' }).io, 4)).toEqual({ ok: true, value: 'abcd' });
    expect(await readStdin(capturedIo({ stdin: 'abcde' }).io, 4)).toMatchObject({
      ok: false,
      refusal: { code: 'too-big', detail: 'stdin has more than 4 bytes.' },
    });
  });

  it('that never ends is left', async () => {
    const endless = Readable.from(
      (function* () {
        for (;;) yield Buffer.alloc(1000);
      })(),
    );
    expect((await readStdin({ ...capturedIo().io, stdin: endless }, 100_000)).ok).toBe(false);
    expect(endless.destroyed).toBe(true);
  });

  it('that is too large is no ticket', async () => {
    const { exit, stderr } = await coh(['ticket', 'inspect', '-'], { stdin: 'x'.repeat(TICKET_BYTES + 1) });
    expect(exit).toBe(3);
    expect(stderr).toContain('stdin is too large for a ticket.');
    const whole = await coh(['ticket', 'inspect', '-'], { stdin: 'x'.repeat(TICKET_BYTES) });
    expect(whole.stderr).not.toContain('too large for a ticket');
  });

  it('that is too large is no line, and no script', async () => {
    const argv = ['echo', '/log/queen.log', '-', '--data', '/nonexistent/hive'];
    const { exit, stderr } = await coh(argv, { stdin: 'x'.repeat(ECHO_BYTES + 1) });
    expect(exit).toBe(1);
    expect(stderr).toBe('coh: cannot write /log/queen.log (too-big)\n  stdin has more than 1048576 bytes.\n');
    expect((await coh(argv, { stdin: 'x'.repeat(ECHO_BYTES) })).stderr).toContain('no hive answers');
    const script = await coh(['sh', '--check', '-'], { stdin: '#'.repeat(ECHO_BYTES + 1) });
    expect(script.exit).not.toBe(0);
    expect(script.stderr).toContain('cannot read the script (too-big)');
  });
});
