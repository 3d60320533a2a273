// What people and tools read about policy documents.

import { asciiJson } from '../../kernel/text.ts';
import type { State, View } from '../../types.ts';
import { type PolicySlice, policySlice } from './action.ts';
import { activePolicy } from './active.ts';
import { stateOf } from './ctl.ts';
import { documentsInOrder, type KeptDocument } from './kept.ts';

/** A document of a line of 16 KiB, each character escaped. */
const DOCUMENT_BYTES_MAX = 131_072;

/** The views of documents. */
export const documentViews: readonly View<PolicySlice>[] = [
  {
    pattern: '/policy/documents',
    summary:
      'One JSON line per document that is kept, oldest first: `id`, `version`, `sha256`, `state` (staged, active, earlier), how much is in it, who loaded it.',
    boundBytes: 8192,
    render: (slice) =>
      documentsInOrder(slice.documents)
        .map((kept) => documentText(kept, slice))
        .join(''),
  },
  {
    pattern: '/policy/document/:document',
    summary: 'Pretty JSON: the document as it was loaded.',
    boundBytes: DOCUMENT_BYTES_MAX,
    render: ({ documents }, { document = '' }) => `${prettyAscii(documents.get(document)?.document ?? null)}\n`,
  },
  {
    pattern: '/policy/grants',
    summary:
      'One JSON line per standing grant of the active document: whom it is for, what it has let through and what is left.',
    boundBytes: 131_072,
    render: (_slice, _params, state) => grantsText(state),
  },
];

function documentText(kept: KeptDocument, slice: Readonly<PolicySlice>): string {
  const { document, sha256, entry, loadedBy, appliedEntry } = kept;
  const { id, version, rules, grants, tests } = document;
  const counts = { rules: rules.length, grants: grants.length, tests: tests.length };
  const history = { entry, loaded_by: loadedBy.subject, applied_entry: appliedEntry };
  return `${asciiJson({ id, version, sha256, state: stateOf(kept, slice), ...counts, ...history })}\n`;
}

/** As `asciiJson`, a field a line: a person who approves it reads it. */
function prettyAscii(value: unknown): string {
  return JSON.stringify(value, null, 2).replace(/[\u007f-\uffff]/g, (unit) => asciiJson(unit).slice(1, -1));
}

function grantsText(state: Readonly<State>): string {
  const kept = activePolicy(state)?.kept;
  if (kept === undefined) return '';
  const { entry } = policySlice(state);
  return kept.document.grants
    .map(({ id, subject, role = null, target, fields = null, uses, per_s = null, expires_ms }) => {
      const used = kept.uses.get(id)?.used ?? 0;
      const budget = { uses, used, left: uses - used, per_s, expires_ms };
      return `${asciiJson({ id, subject, role, target, fields, ...budget, document: kept.document.id, entry })}\n`;
    })
    .join('');
}
