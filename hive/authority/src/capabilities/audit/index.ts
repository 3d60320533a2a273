// What witnesses say of the transparency log of the hive: cosignatures on its tree heads. Signatures and roots are checked
// before a line comes here (`hive/node/src/cosign.ts`), because the tree is no state of the authority; what is decided here
// is that no witness goes back. Source: C2SP tlog-cosignature, tlog-witness.

import { parseSignatureLine } from '@cohesix/tlog';
import Type, { type Static } from 'typebox';
import { accept, reject } from '../../kernel/decision.ts';
import { compareText } from '../../kernel/plain.ts';
import { logField } from '../../kernel/text.ts';
import type { Capability, Control, Decision, ParsedCommand } from '../../types.ts';
import type { AuditSlice, Cosignature } from './queries.ts';

/** Witnesses of which something is kept: those a manifest may list, and as many that it listed before. */
export const WITNESSED_MAX = 16;

/** A line of a note: name of at most 64 characters, 4 bytes key ID, 8 bytes time, 64 bytes signature. */
const LINE_CHARACTERS_MAX = 2 + 64 + 1 + 104;

const cosignLine = Type.Object(
  {
    size: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, description: 'Records in the tree.' }),
    root: Type.String({ pattern: '^[A-Za-z0-9+/]{43}=$', description: 'Root of the tree, 32 bytes in base64.' }),
    cosignature: Type.String({
      maxLength: LINE_CHARACTERS_MAX,
      pattern: '^— [^ +]+ [A-Za-z0-9+/=]+$',
      description: 'Signature line of the note, as the witness wrote it (C2SP tlog-cosignature).',
    }),
  },
  { additionalProperties: false },
);

type CosignLine = Static<typeof cosignLine>;

type AuditChange =
  | { readonly kind: 'cosign'; readonly witness: string; readonly cosignature: Cosignature }
  | { readonly kind: 'forget'; readonly witness: string };

/** Path of the control file. */
export const COSIGN_PATH = '/audit/cosign';

const EXAMPLE = {
  size: 7,
  root: 'X3VUrBH3b6tTFd4Oj9l5h8dUm1hQzP9H1g0fY2mXwIA=',
  cosignature: `— witness.example/w1 ${'A'.repeat(104 - 4)}AAA=`,
};

const cosign: Control<AuditSlice, CosignLine> = {
  pattern: COSIGN_PATH,
  summary:
    'A witness that `audit.witnesses` lists cosigns a tree head of the log. A ticket for one: role queen, scopes `/audit:r` and `/audit/cosign:rw`.',
  schema: cosignLine,
  writers: ['queen', 'system'],
  examples: [JSON.stringify(EXAMPLE)],
  decide: decideCosign,
};

function decideCosign(slice: Readonly<AuditSlice>, { value, seq }: ParsedCommand<CosignLine>): Decision {
  const signature = parseSignatureLine(value.cosignature);
  if (!signature.ok) return reject('invalid-payload', `$.cosignature: ${signature.problem}`);
  const { name, id } = signature.value;
  const witness = `${name}+${id.toString(16).padStart(8, '0')}`;
  const { size, root } = value;
  const last = slice.witnessed.get(witness)?.latest;
  if (last !== undefined && size < last.size)
    return reject('stale', `Witness ${witness} has cosigned ${last.size} records already.`);
  if (last !== undefined && size === last.size)
    return reject('exists', `Witness ${witness} has cosigned these ${size} records already.`);
  const forgotten = last === undefined ? oldest(slice) : [];
  const cosignature: Cosignature = { size, root, line: value.cosignature, entry: seq };
  const changes: AuditChange[] = [
    ...forgotten.map((other): AuditChange => ({ kind: 'forget', witness: other })),
    { kind: 'cosign', witness, cosignature },
  ];
  return accept({
    changes: changes.map((change) => ({ capability: 'audit', change })),
    log: [`audit cosigned records=${size} witness=${logField(witness)}`],
    reply: { size },
  });
}

/** Whom to forget so that there is room for one more: who came longest ago. */
function oldest({ witnessed }: Readonly<AuditSlice>): readonly string[] {
  if (witnessed.size < WITNESSED_MAX) return [];
  const byAge = [...witnessed].sort(
    ([nameA, a], [nameB, b]) => a.latest.entry - b.latest.entry || compareText(nameA, nameB),
  );
  return byAge.slice(0, 1).map(([witness]) => witness);
}

function evolve({ witnessed }: AuditSlice, change: AuditChange): void {
  if (change.kind === 'forget') {
    witnessed.delete(change.witness);
    return;
  }
  const before = witnessed.get(change.witness)?.latest ?? null;
  witnessed.set(change.witness, { latest: change.cosignature, before });
}

function invariants({ witnessed }: Readonly<AuditSlice>): string[] {
  const broken: string[] = [];
  if (witnessed.size > WITNESSED_MAX) broken.push(`audit: ${witnessed.size} witnesses are kept`);
  for (const [witness, { latest, before }] of witnessed) {
    if (before !== null && before.size >= latest.size)
      broken.push(`audit: witness ${witness} went from ${before.size} to ${latest.size}`);
  }
  return broken;
}

/** Cosignatures of witnesses: `/audit/cosign`. What they make of a checkpoint is in `/audit/cosigned`. */
export const auditCapability: Capability<AuditSlice> = {
  name: 'audit',
  controls: [cosign],
  views: [],
  names: [],
  initial: () => ({ witnessed: new Map() }),
  evolve,
  invariants,
};
