// A command that writes one line: makes the line of its form, sends it, and tells what the hive gave back.

import { type ControlLine, type HiveClient, replyTo } from '@cohesix/client';
import type { Refusal } from '@cohesix/wire';
import { answer, type Context } from '../context.ts';
import { failLine, newActionId, submit } from '../control-line.ts';
import { COMMAND, visible } from '../io.ts';
import { controlOf, type Form, operandsOf, type Values } from '../lines/form.ts';
import { shellWord } from '../places.ts';
import { type Row, rowText } from '../rows.ts';
import { DONE, withHive } from '../session.ts';

/** What was given on the command line. */
export interface Given {
  readonly values: Values;
  /** `--wait`: seconds to wait for an approval. */
  readonly wait?: number;
}

/** Sends the line of a form. JSON: `{reply, entry, line}`. */
export function sendForm(context: Context, form: Form, given: Given): Promise<number> {
  return withHive(context, (client) => sendOver(context, client, { form, ...given }));
}

/** Sends the line of a form in a session that is there already. */
export async function sendOver(
  context: Context,
  client: HiveClient,
  { form, values, wait }: Given & { readonly form: Form },
): Promise<number> {
  const fresh = { nowMs: Date.now(), id: newActionId };
  const completed = form.complete?.(values, fresh) ?? values;
  const control = controlOf(form, completed);
  const sent = await submit(context, client, control, wait);
  if (!sent.ok) {
    const isRepeatable = control.line === controlOf(form, values).line;
    const name = nameOf(form, values) ?? nameOf(form, completed);
    const what = visible(name === undefined ? form.failed : `${form.failed} ${name}`);
    const id = String(completed.id ?? '');
    return failForm(context, client, { form, refusal: sent.refusal, control, what, id, isRepeatable });
  }
  const logged = await replyTo(client, control);
  const told = toldOf(form, completed, logged?.reply ?? {});
  answer(context, { reply: logged?.reply ?? null, entry: logged?.entry ?? null, line: control.line }, [visible(told)]);
  return DONE;
}

/** What went through, and what the hive gave back. */
function toldOf(form: Form, values: Values, reply: Row): string {
  const { id, ...more } = reply;
  const name = String(id ?? nameOf(form, values) ?? '');
  const done = form.doneAs?.[String(reply.state)] ?? form.done;
  // Where there is no id, what the line is about may come back as a field: the epoch.
  const told = Object.entries(more).filter(([, value]) => id !== undefined || String(value) !== name);
  return [done, name, ...rowText(Object.fromEntries(told))].filter((word) => word !== '').join(' ');
}

/** What a line is about: its id, else its first operand. */
function nameOf({ fields }: Form, values: Values): string | undefined {
  const [first] = operandsOf(fields);
  const name = values.id ?? values[first?.name ?? ''];
  return name === undefined ? undefined : String(name);
}

interface Failed {
  readonly form: Form;
  readonly refusal: Refusal;
  readonly control: ControlLine;
  readonly what: string;
  readonly id: string;
  /** Whether the same command makes the same line again. */
  readonly isRepeatable: boolean;
}

function failForm(context: Context, client: HiveClient, failed: Failed): Promise<number> {
  const { form, refusal, control, what, id, isRepeatable } = failed;
  const advice = form.advice[refusal.code]?.map((line) => line.replace(/\bID\b/, () => shellWord(id)));
  const again = isRepeatable ? {} : { again: `${COMMAND} echo ${control.path} ${shellWord(control.line)}` };
  return failLine(context, client, { what, refusal, control, ...again, ...(advice === undefined ? {} : { advice }) });
}
