// `/gpu/bridge/ctl`: publishing which GPUs a host has, as one JSON line or in the pieces of the source; and `/gpu/ctl`, with which
// a queen takes the name of a host away from its publisher.

import Type, { type Static } from 'typebox';
import { APPROVED_LINE_BYTES_MAX } from '../../kernel/bounds.ts';
import { accept, reject } from '../../kernel/decision.ts';
import { parseJson } from '../../kernel/json.ts';
import type { Control, Decision, ParsedCommand, State } from '../../types.ts';
import { infoField } from './fields.ts';
import { hostField } from './names.ts';
import { decideInventory, unpublishParts } from './publish.ts';
import type { GpuInfo, GpusSlice } from './record.ts';
import { type BeginLine, decideBegin, decideEnd, decidePiece } from './upload.ts';

const closed = { additionalProperties: false } as const;

/** A week: what is longer is not meant to run out. */
const TTL_S_MAX = 604_800;

const ttl = Type.Optional(
  Type.Integer({
    minimum: 1,
    maximum: TTL_S_MAX,
    description:
      'Seconds for which this is right; a publisher that falls silent is lost then. Left out: until it says more.',
  }),
);

const publish = Type.Object(
  {
    publish: Type.Object(
      {
        host: hostField,
        gpus: Type.Array(infoField, { maxItems: 64, description: 'All GPUs of the host.' }),
        ttl_s: ttl,
      },
      closed,
    ),
  },
  { ...closed, description: 'Says which GPUs a host has; those it named before and does not name now are gone.' },
);

const begin = Type.Object(
  {
    begin: Type.Object(
      {
        bytes: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, description: 'Size of the snapshot.' }),
        sha256: Type.String({ pattern: '^[0-9a-f]{64}$', description: 'Its SHA-256.' }),
        host: Type.Optional(hostField),
        ttl_s: ttl,
      },
      closed,
    ),
  },
  { ...closed, description: 'In words: `begin bytes=<n> sha256=<hex> [host=<name>] [ttl_s=<n>]`. Starts an upload.' },
);

const piece = Type.Object(
  { piece: Type.String({ minLength: 4, description: 'Base64.' }) },
  { ...closed, description: 'In words: `b64:<base64>`. The next bytes of the snapshot.' },
);

const end = Type.Object(
  { end: Type.Literal(true) },
  { ...closed, description: 'In words: `end`. The snapshot is whole: it is checked and published.' },
);

const bridgeLine = Type.Union([publish, begin, piece, end]);
type BridgeLine =
  | { readonly publish: { readonly host: string; readonly gpus: readonly GpuInfo[]; readonly ttl_s?: number } }
  | { readonly begin: BeginLine }
  | { readonly piece: string }
  | { readonly end: true };

const EXAMPLE_GPU = {
  id: 'GPU-0',
  name: 'Mock 4090',
  memory_mb: 24_576,
  sm_count: 144,
  driver_version: '555.0',
  runtime_version: '12.4',
};

const control: Control<GpusSlice, BridgeLine> = {
  pattern: '/gpu/bridge/ctl',
  summary:
    'Publishes the GPUs of a host: one JSON line, or a snapshot in pieces. A host belongs to who published it first.',
  schema: bridgeLine,
  parseWord: readWords,
  writers: ['queen', 'system'],
  gate: () => 'host-publish',
  lineBytesMax: APPROVED_LINE_BYTES_MAX,
  examples: [
    JSON.stringify({ publish: { host: 'local', gpus: [EXAMPLE_GPU], ttl_s: 60 } }),
    `begin bytes=42 sha256=${'0'.repeat(64)} host=local`,
    'b64:c2NoZW1hIGdwdS1icmlkZ2Utc25hcHNob3QvdjEK',
    'end',
  ],
  decide(slice, command, state) {
    const { value } = command;
    if ('begin' in value) return decideBegin(slice, command, value.begin);
    if ('piece' in value) return decidePiece(slice, command, value.piece);
    if ('end' in value) return decideEnd(slice, command, state);
    const { host, gpus, ttl_s: ttlS } = value.publish;
    const parts = decideInventory(slice, command, { inventory: { host, gpus, ttlS }, state });
    return 'kind' in parts ? parts : accept({ ...parts, reply: { host, gpus: gpus.length } });
  },
};

/** The control file. */
export const bridgeCtl: Control<GpusSlice, never> = control;

/** A line as a value of the schema; what is no line of it is given on as it is, and refused. */
function readWords(line: string): unknown {
  const text = line.trim();
  if (text.startsWith('{')) {
    const parsed = parseJson(text);
    return parsed.ok ? parsed.value : text;
  }
  if (text === 'end') return { end: true };
  if (text.startsWith('b64:')) return { piece: text.slice('b64:'.length).trim() };
  const [word, ...given] = text.split(/ +/);
  if (word !== 'begin') return text;
  const pairs = given.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)] as const);
  if (new Set(pairs.map(([name]) => name)).size < pairs.length) return text;
  return {
    begin: Object.fromEntries(pairs.map(([name, value]) => [name, NUMBERS.has(name) ? numberOf(value) : value])),
  };
}

const NUMBERS: ReadonlySet<string> = new Set(['bytes', 'ttl_s']);

/** A number of a `key=value` word; what is none stays text, which no schema takes. */
export function numberOf(text: string): number | string {
  return /^\d{1,15}$/.test(text) ? Number(text) : text;
}

const releaseLine = Type.Object(
  { release: hostField },
  {
    ...closed,
    description: 'The host publishes nothing any more: its leases end, and anybody may publish under its name.',
  },
);

const hostControl: Control<GpusSlice, Static<typeof releaseLine>> = {
  pattern: '/gpu/ctl',
  summary: 'Takes a host away from its publisher, with its GPUs and their leases.',
  schema: releaseLine,
  writers: ['queen', 'system'],
  examples: ['{"release":"local"}'],
  decide: decideRelease,
};

/** The control file. */
export const hostCtl: Control<GpusSlice, never> = hostControl;

function decideRelease(
  slice: Readonly<GpusSlice>,
  { value, seq: entry }: ParsedCommand<Static<typeof releaseLine>>,
  state: Readonly<State>,
): Decision {
  const { release: host } = value;
  if (!slice.hosts.has(host)) return reject('not-found', `No host ${host} publishes GPUs; see /gpu.`);
  return accept({ ...unpublishParts(slice, { host, entry, reason: 'released' }, state), reply: { host } });
}
