// whoami and test: what this session is, and whether the hive does what it says.

import { runSelfTest, type SelfTestMode, type SelfTestReport } from '@cohesix/client';
import { EXIT } from '@cohesix/wire';
import { answer, type Context, detail, type PaintedLine, shown } from '../context.ts';
import { paint } from '../io.ts';
import { DONE, failAt, openApprover, withHive } from '../session.ts';

/** `coh whoami`: the session as the hive sees it. JSON: `{role, subject, ticket, hive, expires_ms, session, door}`. */
export function whoami(context: Context): Promise<number> {
  return withHive(context, async (client) => {
    const text = await client.read('/proc/self/session');
    if (!text.ok) return failAt(context, client, { what: 'cannot read the session', refusal: text.refusal });
    const fields = fieldsOf(new TextDecoder().decode(text.value));
    const { role = '', subject = '', ticket = '', hive = '', sid = '', door = '' } = fields;
    const expiresMs = fields.expires_ms === 'never' ? null : Number(fields.expires_ms);
    const until = expiresMs === null ? 'for ever' : `until ${new Date(expiresMs).toISOString()}`;
    answer(context, { role, subject, ticket, hive, expires_ms: expiresMs, session: sid, door }, [
      `role     ${role}`,
      `subject  ${subject}`,
      `ticket   ${ticket} (${until})`,
      `hive     ${hive}`,
      `session  ${sid} over ${door}`,
    ]);
    return DONE;
  });
}

/** The `key=value` words of a line. */
export function fieldsOf(line: string): Readonly<Record<string, string>> {
  const pairs = line
    .trim()
    .split(/\s+/)
    .map((word) => [word.split('=', 1)[0] ?? '', word.slice(word.indexOf('=') + 1)]);
  return Object.fromEntries(pairs);
}

/** What `coh test` is asked for. */
export interface TestOptions {
  readonly mode: SelfTestMode;
  /** Upper bound in seconds. */
  readonly timeout: number;
  readonly mutate: boolean;
  readonly approverTicket?: string;
}

/** `coh test`: the hive's own scripts. JSON: `{ok, mode, elapsed_ms, checks:[{name, ok, detail, transcript_excerpt?}], version}`. */
export function test(context: Context, options: TestOptions): Promise<number> {
  return withHive(
    context,
    async (client) => {
      const approver = await openApprover(context, options.approverTicket);
      if (approver?.ok === false) detail(context, `no approver: ${approver.refusal.detail}`);
      try {
        const report = await runSelfTest(client, {
          mode: options.mode,
          noMutate: !options.mutate,
          timeoutMs: options.timeout * 1000,
          ...(approver?.ok === true ? { approver: approver.value } : {}),
        });
        answer(context, report, checklist(context, report));
        return report.ok ? DONE : EXIT.generic;
      } finally {
        if (approver?.ok === true) await approver.value.close();
      }
    },
    { needsRole: true },
  );
}

function checklist(context: Context, report: SelfTestReport): readonly PaintedLine[] {
  const painted = (ok: boolean): string => paint(context.colors.out, ok ? 'green' : 'red', ok ? 'PASS' : 'FAIL');
  const skip = paint(context.colors.out, 'yellow', 'SKIP');
  const isSkipped = ({ ok, detail: why }: (typeof report.checks)[number]): boolean => ok && why.startsWith('skipped');
  const lines = report.checks.map((one) => {
    const text = `${one.name}${one.detail === 'ok' ? '' : `: ${one.detail}`}`;
    return { painted: `${isSkipped(one) ? skip : painted(one.ok)}  ${shown(context, text)}` };
  });
  const bad = report.checks.filter(({ ok }) => !ok).length;
  const skipped = report.checks.filter(isSkipped).length;
  const total = `${report.checks.length} checks, ${bad} failed, ${skipped === 0 ? '' : `${skipped} skipped, `}${report.elapsed_ms} ms`;
  return [...lines, { painted: `${painted(report.ok)}  ${report.mode}: ${total}` }];
}
