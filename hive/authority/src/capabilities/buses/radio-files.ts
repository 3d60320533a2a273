// The control files of a radio (contracts-1, 4.9): `/lora/<adapter>/ctl` takes a payload to send, within the largest payload and the
// duty cycle of the radio. What it refuses the hive tells `/sys/lora/ctl`, because a refusal itself changes nothing: so
// that `tamper` outlives a restart, and is as true as the journal.

import { type LoraAdapter, loraAirtimeUs, loraBudgetUs } from '@cohesix/manifest';
import Type, { type Static } from 'typebox';
import { LINE_BYTES_MAX } from '../../kernel/bounds.ts';
import { accept, reject } from '../../kernel/decision.ts';
import type { Control, Decision, ParsedCommand, State } from '../../types.ts';
import { manifestIn } from '../settings/queries.ts';
import { radioAt } from './adapters.ts';
import { type BusesSlice, busesChange, radioRecord } from './changes.ts';
import { freeAt, usedUs, withSend } from './duty.ts';
import { payloadSize } from './payload.ts';
import { forgotten } from './queries.ts';

const ctl: Control<BusesSlice, string> = {
  pattern: '/lora/:adapter/ctl',
  summary:
    'Sends a payload: the text of the line, or `base64:` and base64. Over `max_payload_bytes` it is `too-big`, over the duty cycle `busy`; both are in `tamper`.',
  schema: Type.String({ minLength: 1, maxLength: LINE_BYTES_MAX, description: 'The payload.' }),
  parseWord: (line) => line,
  writers: ['queen', 'worker-lora', 'system'],
  gate: () => 'worker-telemetry',
  examples: ['t=21.5 h=40', 'base64:AQIDBA=='],
  decide(slice, command, state) {
    const radio = radioAt(manifestIn(state), command.params.adapter ?? '');
    return radio === undefined ? reject('invalid-path') : decideSend(slice, command, state, radio);
  },
};

function decideSend(
  slice: Readonly<BusesSlice>,
  { value, at, seq }: ParsedCommand<string>,
  state: Readonly<State>,
  radio: LoraAdapter,
): Decision {
  const { mount, region, max_payload_bytes: max, window_ms: window } = radio;
  const size = payloadSize(value);
  if (!size.ok) return { kind: 'refuse', refusal: size.refusal };
  if (size.value > max)
    return reject('too-big', `lora payload exceeds max bytes: it has ${size.value}, ${mount} takes ${max}.`);
  const { slots } = radioRecord(slice, mount);
  const asked = { us: loraAirtimeUs(region, size.value), limits: radio };
  const [used, budget] = [usedUs(slots, at, radio), loraBudgetUs(radio)];
  if (used + asked.us > budget) {
    const wait = freeAt(slots, at, asked) - at;
    const detail = `${used} of ${budget} µs of the last ${window} ms are used and this takes ${asked.us}`;
    return reject('busy', `lora duty cycle exceeded: ${detail}; there is room in ${wait} ms.`);
  }
  return accept({
    changes: [
      ...forgotten(slice, state),
      busesChange({ kind: 'sent', mount, bytes: size.value, slots: withSend(slots, at, asked) }),
    ],
    effects: [{ kind: 'lora.send', adapter: mount, entry: seq, payload: value }],
    reply: { bytes: size.value, airtime_us: asked.us, left_us: budget - used - asked.us },
  });
}

/** Entries of one line of the hive: with the longest numbers they fit into it. */
export const TAMPER_PER_LINE_MAX = 16;

const count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const closed = { additionalProperties: false } as const;
const entry = Type.Object(
  {
    ts_ms: count,
    reason: Type.Union([Type.Literal('payload-oversize'), Type.Literal('duty-cycle')]),
    bytes: count,
  },
  closed,
);
const tamperLine = Type.Object(
  {
    tamper: Type.Object(
      {
        adapter: Type.String({ minLength: 1, maxLength: 64 }),
        entries: Type.Array(entry, { minItems: 1, maxItems: TAMPER_PER_LINE_MAX }),
      },
      closed,
    ),
  },
  { ...closed, description: 'Payloads that were refused.' },
);

const tamper: Control<BusesSlice, Static<typeof tamperLine>> = {
  pattern: '/sys/lora/ctl',
  summary: 'What the hive says of payloads that a radio refused.',
  schema: tamperLine,
  writers: ['system'],
  examples: ['{"tamper":{"adapter":"radio-1","entries":[{"ts_ms":1700000000000,"reason":"duty-cycle","bytes":51}]}}'],
  decide(slice, { value }, state) {
    const { adapter: mount, entries } = value.tamper;
    const radio = radioAt(manifestIn(state), mount);
    if (radio === undefined) return reject('not-found', `No radio ${JSON.stringify(mount)}; see [sidecars.lora].`);
    const change = busesChange({ kind: 'tamper', mount, entries, max: radio.tamper_log_max_entries });
    const log = entries.map(({ reason, bytes }) => `lora tamper adapter=${mount} reason=${reason} bytes=${bytes}`);
    return accept({ changes: [...forgotten(slice, state), change], log });
  },
};

/** The control files of radios. */
export const radioControls: readonly Control<BusesSlice, never>[] = [ctl, tamper];
