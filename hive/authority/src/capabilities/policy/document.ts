// A policy document, `cohesix-policy/v1`: rules, standing grants, and the tests that say what they mean. It is JSON; its
// fingerprint is the SHA-256 of its canonical text, and its signature that of a short note (C2SP signed-note) which names the
// fingerprint. Neither is computed here: the authority has no cryptography, the hive checks both before a line is decided.

import Type, { type TSchema } from 'typebox';
import { canonical } from '../../kernel/plain.ts';
import type { Rule } from './rule.ts';

/** The one version of the format. */
export const DOCUMENT_SCHEMA = 'cohesix-policy/v1';

/** Lets lines of one subject through without an approval, for a while and so many times. */
export interface Grant {
  readonly id: string;
  /** Exactly this subject; one attenuated from it is another. */
  readonly subject: string;
  readonly role?: string;
  /** As of a rule. */
  readonly target: string;
  /** As in the condition of a rule. */
  readonly fields?: Readonly<Record<string, unknown>>;
  /** Lines it lets through, ever. */
  readonly uses: number;
  /** Lines in a second, at most; without it only `uses` limits. */
  readonly per_s?: number;
  /** First moment at which it lets nothing through, ms. */
  readonly expires_ms: number;
}

/** A line, who sends it, and what the document makes of it. */
export interface DocumentTest {
  readonly name: string;
  readonly who: { readonly role: string; readonly subject: string };
  readonly path: string;
  readonly line: string;
  readonly expect: 'allow' | 'needs-approval' | 'deny';
}

/** A whole document. */
export interface PolicyDocument {
  readonly schema: typeof DOCUMENT_SCHEMA;
  readonly id: string;
  readonly version: number;
  readonly rules: readonly Rule[];
  readonly grants: readonly Grant[];
  readonly tests: readonly DocumentTest[];
}

/** The longest lists any document has; `policy.document_*_max` may say less. */
const LIST_EVER_MAX = 256;

/** Most persons a rule may ask for besides the writer. */
const APPROVALS_MAX = 4;

const closed = { additionalProperties: false } as const;

function token(description: string): TSchema {
  return Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$', description });
}

function names(maxItems: number, description: string): TSchema {
  return Type.Optional(
    Type.Array(Type.String({ minLength: 1, maxLength: 255 }), { minItems: 1, maxItems, description }),
  );
}

const target: TSchema = Type.String({
  minLength: 2,
  maxLength: 1024,
  description: 'Path of the control file; `*` stands for exactly one component.',
});

const fields: TSchema = Type.Optional(
  Type.Object(
    {},
    {
      additionalProperties: true,
      minProperties: 1,
      description:
        'Fields of the line, `a` or `a.b`, and what they must be: a string, number, boolean or null, or a list of those. `$` is the word of a file of words.',
    },
  ),
);

const rule: TSchema = Type.Object(
  {
    id: token('Name of the rule, unique in the document.'),
    target,
    effect: Type.Union([Type.Literal('approve'), Type.Literal('deny')], {
      description: 'Whether its lines need approvals or are refused. Refusing wins.',
    }),
    approvals: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: APPROVALS_MAX,
        description: 'Persons besides the writer, of whom no two are one; default 1. The rule that asks for most wins.',
      }),
    ),
    when: Type.Optional(
      Type.Object(
        {
          roles: names(16, 'Roles of the writer.'),
          subjects: names(64, 'Subjects of the writer; `bob` also names `bob/x`.'),
          fields,
        },
        { ...closed, minProperties: 1, description: 'Lines that the rule is about; without it all.' },
      ),
    ),
  },
  closed,
);

const grant: TSchema = Type.Object(
  {
    id: token('Name of the grant, unique in the document.'),
    subject: Type.String({ minLength: 1, maxLength: 255, description: 'Exactly this subject.' }),
    role: Type.Optional(Type.String({ minLength: 1, maxLength: 64, description: 'And this role.' })),
    target,
    fields,
    uses: Type.Integer({ minimum: 1, maximum: 1_000_000_000, description: 'Lines it lets through, ever.' }),
    per_s: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, description: 'Lines a second, and at once.' })),
    expires_ms: Type.Integer({
      minimum: 1,
      maximum: Number.MAX_SAFE_INTEGER,
      description: 'First moment at which it lets nothing through, ms.',
    }),
  },
  closed,
);

const test: TSchema = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 128, description: 'What it shows, unique in the document.' }),
    who: Type.Object(
      {
        role: Type.String({ minLength: 1, maxLength: 64 }),
        subject: Type.String({ minLength: 1, maxLength: 255 }),
      },
      { ...closed, description: 'Who sends the line.' },
    ),
    path: Type.String({ minLength: 2, maxLength: 1024, description: 'The control file.' }),
    line: Type.String({ minLength: 1, maxLength: 8192, description: 'The line.' }),
    expect: Type.Union([Type.Literal('allow'), Type.Literal('needs-approval'), Type.Literal('deny')], {
      description: 'What becomes of it; a grant counts as not used yet.',
    }),
  },
  closed,
);

/** Schema of a document. */
export const documentSchema: TSchema = Type.Object(
  {
    schema: Type.Literal(DOCUMENT_SCHEMA),
    id: token('Name of this version, unique: `p-2`.'),
    version: Type.Integer({
      minimum: 1,
      maximum: Number.MAX_SAFE_INTEGER,
      description: 'Above that of every document that was ever applied.',
    }),
    rules: Type.Array(rule, { maxItems: LIST_EVER_MAX, description: 'In place of the rules of the manifest.' }),
    grants: Type.Array(grant, {
      maxItems: LIST_EVER_MAX,
      description: 'Standing grants; the first that fits is used.',
    }),
    tests: Type.Array(test, { minItems: 1, maxItems: LIST_EVER_MAX, description: 'All must hold.' }),
  },
  { ...closed, description: 'The document.' },
);

/** The text that is hashed: JSON with the names of objects in order, without spaces. */
export function documentText(document: PolicyDocument): string {
  return JSON.stringify(canonical(document));
}

/** The text of the note that signers of a document sign; ends in a newline. `sha256`: of `documentText`, lower-case hex. */
export function documentNote({ id, version }: PolicyDocument, sha256: string): string {
  return `${DOCUMENT_SCHEMA}\n${id}\n${version}\n${sha256}\n`;
}
