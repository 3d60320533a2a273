// `/policy/ctl`: documents are loaded, applied, and gone back to. Loading stages a version: it changes nothing, is signed, and
// runs the document's own tests, so it takes no second person; applying and rolling back do. The hash and the signature of a
// document are checked before its line comes here (`hive/node/src/policy-signatures.ts`), where there is cryptography.

import Type from 'typebox';
import { accept, reject } from '../../kernel/decision.ts';
import { logField } from '../../kernel/text.ts';
import { partyOf } from '../../principal.ts';
import type { Change, Control, Decision, ParsedCommand, State } from '../../types.ts';
import { settingsIn } from '../settings/queries.ts';
import { type PolicySlice, policyChange } from './action.ts';
import { DOCUMENT_SCHEMA, documentSchema, type PolicyDocument } from './document.ts';
import { documentProblem, failingTest, MANIFEST_ID } from './document-check.ts';
import { documentsInOrder, type KeptDocument, type LoadedDocument } from './kept.ts';
import { POLICY_CTL_PATH } from './paths.ts';
import type { LineReader } from './reader.ts';

interface Load {
  readonly op: 'load';
  readonly document: PolicyDocument;
  readonly sha256: string;
  readonly signature: string;
}

interface Apply {
  readonly op: 'apply';
  readonly id: string;
  readonly sha256: string;
}

interface Rollback {
  readonly op: 'rollback';
  readonly id: string;
}

/** Longest line: a document of some hundred rules. The outcome holds it again, and both fit into a journal record. */
const LINE_MAX = 16_384;

/** A line of a note: name of at most 128 characters, 4 bytes key ID, 64 bytes signature. */
const SIGNATURE_CHARACTERS_MAX = 2 + 128 + 1 + 92;

const closed = { additionalProperties: false } as const;
const sha256 = Type.String({
  pattern: '^[0-9a-f]{64}$',
  description: 'SHA-256 of the canonical text of the document.',
});
const id = Type.String({
  pattern: '^[A-Za-z0-9_-]{1,64}$',
  description: 'Id of a document, as `/policy/documents` shows it.',
});

const policyLine = Type.Union([
  Type.Object(
    {
      op: Type.Literal('load'),
      document: documentSchema,
      sha256,
      signature: Type.String({
        maxLength: SIGNATURE_CHARACTERS_MAX,
        pattern: '^— [^ +]+ [A-Za-z0-9+/=]+$',
        description:
          'Signature line of a note (C2SP signed-note) whose text is schema, id, version and sha256, a line each.',
      }),
    },
    { ...closed, description: 'Stages a document; refused when one of its tests fails.' },
  ),
  Type.Object(
    { op: Type.Literal('apply'), id, sha256 },
    { ...closed, description: 'Makes a document hold that is staged or held before.' },
  ),
  Type.Object(
    { op: Type.Literal('rollback'), id },
    {
      ...closed,
      description: `Goes back to a document that held before, or with \`${MANIFEST_ID}\` to the rules of the manifest.`,
    },
  ),
]);

const EXAMPLE: PolicyDocument = {
  schema: DOCUMENT_SCHEMA,
  id: 'p-1',
  version: 1,
  rules: [{ id: 'queen-ctl', target: '/queen/ctl', effect: 'approve', approvals: 2 }],
  grants: [
    {
      id: 'night',
      subject: 'cron',
      target: '/queen/ctl',
      fields: { spawn: 'host' },
      uses: 30,
      expires_ms: 1_800_000_000_000,
    },
  ],
  tests: [
    {
      name: 'two approve a kill',
      who: { role: 'queen', subject: 'alice' },
      path: '/queen/ctl',
      line: '{"kill":"worker-1"}',
      expect: 'needs-approval',
    },
  ],
};
const EXAMPLE_SHA256 = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08';

/** The control file. */
export function policyCtl(read: LineReader): Control<PolicySlice, never> {
  const control: Control<PolicySlice, Load | Apply | Rollback> = {
    pattern: POLICY_CTL_PATH,
    summary:
      'Loads, applies and rolls back policy documents. `apply` and `rollback` always need an approval while the policy is on; they end all other approvals and requests.',
    schema: policyLine,
    writers: ['queen'],
    lineBytesMax: LINE_MAX,
    examples: [
      JSON.stringify({
        op: 'load',
        document: EXAMPLE,
        sha256: EXAMPLE_SHA256,
        signature: `— hive/policy ${'A'.repeat(91)}=`,
      }),
      JSON.stringify({ op: 'apply', id: EXAMPLE.id, sha256: EXAMPLE_SHA256 }),
      JSON.stringify({ op: 'rollback', id: MANIFEST_ID }),
    ],
    decide: (slice, command, state) => {
      const { value } = command;
      switch (value.op) {
        case 'load':
          return decideLoad(slice, { ...command, value }, { state, read });
        case 'apply':
          return decideApply(slice, { ...command, value });
        case 'rollback':
          return decideRollback(slice, { ...command, value });
      }
    },
  };
  return control;
}

interface Surroundings {
  readonly state: Readonly<State>;
  readonly read: LineReader;
}

function decideLoad(
  slice: Readonly<PolicySlice>,
  command: ParsedCommand<Load>,
  { state, read }: Surroundings,
): Decision {
  const { value, seq, who } = command;
  const { document, sha256: hash } = value;
  const { policy } = settingsIn(state);
  const problem = documentProblem(document, policy);
  if (problem !== undefined) return reject('invalid-payload', `$.document${problem.slice(1)}`);
  const known = slice.documents.get(document.id);
  if (known !== undefined && known.sha256 !== hash)
    return reject(
      'exists',
      `Document ${document.id} is another one (sha256 ${known.sha256}); give this one an id of its own.`,
    );
  if (known !== undefined) return accept({ reply: { id: document.id, state: stateOf(known, slice) } });
  if (document.version <= slice.appliedVersion)
    return reject('stale', `Version ${document.version} is not above ${slice.appliedVersion}, which was applied.`);
  const failing = failingTest(document, read);
  if (failing !== undefined) return reject('invalid-payload', `$.document: ${failing}`);
  const loaded: LoadedDocument = { document, sha256: hash, entry: seq, loadedBy: partyOf(who) };
  return accept({
    changes: [...roomFor(slice, policy.documents_max), policyChange({ kind: 'load', loaded })],
    log: [
      `policy-document loaded id=${document.id} version=${document.version} sha256=${hash} by=${logField(who.subject)}`,
    ],
    reply: { id: document.id, state: 'staged' },
  });
}

/** Forgets the oldest documents that do not hold, so that there is room for one more. */
function roomFor({ documents, active }: Readonly<PolicySlice>, max: number): readonly Change[] {
  return documentsInOrder(documents)
    .filter(({ document }) => document.id !== active)
    .slice(0, Math.max(0, documents.size + 1 - max))
    .map(({ document }) => policyChange({ kind: 'forget', id: document.id }));
}

/** `active`, `staged` when it never held, else `earlier`. */
export function stateOf({ document, appliedEntry }: KeptDocument, { active }: Readonly<PolicySlice>): string {
  if (document.id === active) return 'active';
  return appliedEntry === null ? 'staged' : 'earlier';
}

function decideApply(slice: Readonly<PolicySlice>, { value, ...command }: ParsedCommand<Apply>): Decision {
  const kept = slice.documents.get(value.id);
  if (kept === undefined) return reject('not-found', `No document ${value.id}; load it first. See /policy/documents.`);
  if (kept.sha256 !== value.sha256) return reject('stale', `Document ${value.id} has sha256 ${kept.sha256}.`);
  if (slice.active === value.id) return reject('invalid-transition', `Document ${value.id} holds already.`);
  return activation(command, { word: 'applied', id: value.id, version: kept.document.version });
}

function decideRollback(slice: Readonly<PolicySlice>, { value, ...command }: ParsedCommand<Rollback>): Decision {
  const id = value.id === MANIFEST_ID ? null : value.id;
  const kept = id === null ? undefined : slice.documents.get(id);
  if (id !== null && kept === undefined) return reject('not-found', `No document ${id}; see /policy/documents.`);
  if (slice.active === id) return reject('invalid-transition', `The policy is that of ${value.id} already.`);
  if (kept?.appliedEntry === null) return reject('invalid-transition', `Document ${value.id} never held; apply it.`);
  return activation(command, { word: 'rolled back', id, version: kept?.document.version ?? 0 });
}

interface Activation {
  readonly word: string;
  readonly id: string | null;
  readonly version: number;
}

function activation({ seq, at, who }: Omit<ParsedCommand, 'value'>, { word, id, version }: Activation): Decision {
  return accept({
    changes: [policyChange({ kind: 'activate', id, entry: seq, at })],
    log: [
      `policy-document ${word} id=${id ?? MANIFEST_ID} version=${version} entry=${seq} by=${logField(who.subject)}`,
    ],
    reply: { id: id ?? MANIFEST_ID, version, entry: seq },
  });
}
