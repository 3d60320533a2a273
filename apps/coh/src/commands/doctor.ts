// coh doctor: looks at everything a hive on this machine needs, and says what to do about what is wrong.

import { EXIT } from '@cohesix/wire';
import { answer, type Context, type PaintedLine, shown } from '../context.ts';
import { directoryFindings, holderFinding, holderOf, manifestFinding } from '../doctor/directory.ts';
import { consoleTokenFinding, doorFindings, ticketFinding } from '../doctor/doors.ts';
import { bad, type Finding, type Level } from '../doctor/finding.ts';
import { clockFinding, diskFinding, nodeFinding } from '../doctor/machine.ts';
import { pythonFinding } from '../doctor/python.ts';
import { journalFinding, keysFinding } from '../doctor/secrets.ts';
import { paint } from '../io.ts';
import { localKeys } from '../local-keys.ts';
import { type Places, readAddresses } from '../places.ts';
import { DONE } from '../session.ts';
import { clientTlsOf } from '../tls-files.ts';

/** `coh doctor`: JSON `{ok, checks: [{check, level, detail, advice}]}`. Status 1 when a check failed. */
export async function doctor(context: Context): Promise<number> {
  const { places, io } = context;
  const checks = places.ok
    ? [...(await examine(context, places.value)), await pythonFinding(io.env)]
    : [nodeFinding(), clockFinding(undefined), bad('data', places.refusal.detail, 'name it with --data DIR')];
  const ok = checks.every(({ level }) => level !== 'fail');
  answer(
    context,
    { ok, checks },
    checks.flatMap((one) => lines(context, one)),
  );
  return ok ? DONE : EXIT.generic;
}

async function examine(context: Context, places: Places): Promise<readonly Finding[]> {
  const machine = [nodeFinding(), clockFinding(places), await diskFinding(places)];
  const directory = directoryFindings(places);
  if (directory.length < 2) return [...machine, ...directory];
  const keys = await localKeys(places);
  const known = keys.ok ? keys.value : undefined;
  const holder = holderOf(places);
  const tls = clientTlsOf(context);
  const inside =
    holder.state === 'alive'
      ? await doorFindings(places, readAddresses(places), tls.ok ? tls.value : undefined)
      : [await journalFinding(places)];
  return [
    ...machine,
    ...directory,
    manifestFinding(places),
    await keysFinding(places),
    ticketFinding('ticket', places.queenTicket, known),
    ticketFinding('approver', places.approverTicket, known),
    consoleTokenFinding(places),
    ...(tls.ok ? [] : [bad('TLS', tls.refusal.detail, 'name files that can be read')]),
    holderFinding(holder),
    ...inside,
  ];
}

const WORDS = { ok: ['OK  ', 'green'], warn: ['WARN', 'yellow'], fail: ['FAIL', 'red'] } as const satisfies Record<
  Level,
  readonly [string, 'green' | 'yellow' | 'red']
>;

function lines(context: Context, { check, level, detail, advice }: Finding): readonly (string | PaintedLine)[] {
  const [word, color] = WORDS[level];
  const first = {
    painted: `${paint(context.colors.out, color, word)}  ${check.padEnd(14)}${shown(context, detail)}`,
  };
  return advice === '' ? [first] : [first, `      ${''.padEnd(14)}${advice}`];
}
