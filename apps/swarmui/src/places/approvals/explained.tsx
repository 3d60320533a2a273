// What helps to decide: why the rule asks, what the line would change, what the file holds now.

import type { ReactNode } from 'react';
import { hrefOf } from '../../app/router.ts';
import { useText } from '../../files/names.ts';
import { useStore } from '../../store/store.ts';
import { docFor } from '../files/control-doc.ts';
import { controlDocs } from '../files/control-docs.ts';
import { effectOf, type Field } from './effect.ts';
import type { Request } from './requests.ts';
import { acceptedText, preflightText, ruleOf, whyText } from './rules.ts';

interface Props {
  readonly request: Request;
}

/** Characters of the target that are shown: its end. */
const TARGET_SHOWN = 2000;

const READING = 'Reading /policy/rules…';
const NOT_THERE = 'It is not among the rules now; the policy may have changed since.';

/** The rule that asks. */
export function Why({ request }: Props): ReactNode {
  const rules = useText('/policy/rules');
  const diff = useText('/policy/preflight/diff');
  const rule = rules.kind === 'here' ? ruleOf(rules.value, request.rule) : undefined;
  const counted = diff.kind === 'here' ? preflightText(diff.value, request.rule) : undefined;
  return (
    <section>
      <h3>Why it asks</h3>
      <p>
        Rule <a href={hrefOf('files', 'policy', 'rules')}>{request.rule}</a>.{' '}
        {rule === undefined ? (rules.kind === 'waiting' ? READING : NOT_THERE) : whyText(rule)}
      </p>
      {counted === undefined ? null : <p>{counted}</p>}
    </section>
  );
}

/** What the line would change. */
export function EffectOf({ request: { target, line } }: Props): ReactNode {
  const docs = useStore(controlDocs);
  const doc = docs === undefined ? undefined : docFor(docs, target);
  const effect = doc === undefined ? undefined : effectOf(doc, line);
  return (
    <section data-testid="effect">
      <h3>What it would do</h3>
      {effect === undefined ? (
        <p>
          {docs === undefined
            ? 'Reading /proc/controls, which says what files take; this ticket may not see it.'
            : 'The hive does not describe this file (/proc/controls): read the line itself with care.'}
        </p>
      ) : (
        <>
          <p>
            {effect.form === '' ? '' : `${effect.form} `}
            <span className="approvals-summary">The file: {effect.summary}</span>
          </p>
          {effect.problem === '' ? null : (
            <p data-tone="error">As it is written the hive would refuse it: {effect.problem}.</p>
          )}
          {effect.fields.length === 0 ? null : <Fields fields={effect.fields} />}
        </>
      )}
    </section>
  );
}

function Fields({ fields }: { readonly fields: readonly Field[] }): ReactNode {
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">Field</th>
          <th scope="col">Value</th>
          <th scope="col">Meaning</th>
        </tr>
      </thead>
      <tbody>
        {fields.map(({ name, value, meaning }) => (
          <tr key={name}>
            <td>
              <code>{name}</code>
            </td>
            <td>
              <code>{value}</code>
            </td>
            <td>{meaning}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** The end of what the file holds. */
export function TargetNow({ request: { target, targetEntry } }: Props): ReactNode {
  const text = useText(target);
  const value = text.kind === 'here' ? acceptedText(text.value) : '';
  const shown = value.length > TARGET_SHOWN ? `…${value.slice(-TARGET_SHOWN)}` : value;
  return (
    <section>
      <h3>The file now</h3>
      {text.kind === 'refused' ? <p>It cannot be read with this ticket ({text.refusal.code}).</p> : null}
      {text.kind === 'here' && shown.trim() === '' ? <p>No line has been sent to it yet.</p> : null}
      {shown.trim() === '' ? null : <pre className="approvals-target">{shown}</pre>}
      {targetEntry > 0 ? (
        <p>
          Its newest line is <a href={hrefOf('audit', String(targetEntry))}>line {targetEntry}</a> of the journal.
        </p>
      ) : null}
    </section>
  );
}
