// The proof of a record, made in this page out of the files of the log, each step shown.

import type { Refusal } from '@cohesix/wire';
import { type ReactNode, useState } from 'react';
import { type Proof, type ProofStep, proveRecord } from '../../journal/prove.ts';
import type { JournalRecord } from '../../journal/record.ts';
import { verifyByWebCrypto } from '../../journal/web-crypto.ts';
import { useHive } from '../../session/hive.ts';

type State =
  | { readonly kind: 'idle' }
  | { readonly kind: 'working' }
  | { readonly kind: 'proved'; readonly proof: Proof }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** A button, and what came of it. */
export function ProofView({ record }: { readonly record: JournalRecord }): ReactNode {
  const [state, setState] = useState<State>({ kind: 'idle' });
  const client = useHive()?.client;
  const verify = async (): Promise<void> => {
    if (client === undefined || state.kind === 'working') return;
    setState({ kind: 'working' });
    const proof = await proveRecord(client, record, verifyByWebCrypto);
    setState(proof.ok ? { kind: 'proved', proof: proof.value } : { kind: 'refused', refusal: proof.refusal });
  };
  return (
    <section className="stack" aria-label="Proof">
      <div className="row">
        <button type="button" className="button" disabled={state.kind === 'working'} onClick={() => void verify()}>
          Verify in this page
        </button>
        <span role="status" data-testid="proof" data-holds={state.kind === 'proved' ? state.proof.holds : undefined}>
          <Verdict state={state} seq={record.seq} />
        </span>
      </div>
      {state.kind === 'proved' ? (
        <ol className="audit-proof">
          {state.proof.steps.map((step) => (
            <Step key={step.title} step={step} />
          ))}
        </ol>
      ) : null}
    </section>
  );
}

function Verdict({ state, seq }: { readonly state: State; readonly seq: number }): ReactNode {
  switch (state.kind) {
    case 'idle':
      return (
        <span>
          The same in a shell: <code>coh audit prove {seq}</code>
        </span>
      );
    case 'working':
      return 'Reading the log…';
    case 'refused':
      return (
        <span data-tone="error">
          No proof ({state.refusal.code}): {state.refusal.detail}
        </span>
      );
    case 'proved':
      return state.proof.holds ? (
        <strong className="audit-good">✓ In the signed journal, unchanged.</strong>
      ) : (
        <strong data-tone="error">✗ TAMPERED, or not of this log: a step fails.</strong>
      );
  }
}

function Step({ step: { title, text, values, holds } }: { readonly step: ProofStep }): ReactNode {
  const mark = holds === undefined ? '' : holds ? '✓ ' : '✗ ';
  return (
    <li data-holds={holds}>
      <strong data-tone={holds === false ? 'error' : undefined}>
        {mark}
        {title}
      </strong>
      <p>{text}</p>
      {values.length === 0 ? null : <pre>{values.join('\n')}</pre>}
    </li>
  );
}
