// A value that no other field can express, written as JSON. While what is written is none the line keeps it as a text, so that nothing
// typed is lost and nothing is sent that is not seen.

import { type ReactNode, useState } from 'react';
import { parsed } from '../../files/json.ts';
import type { FieldProps } from './field-props.ts';
import { Frame } from './plain-fields.tsx';

/** What is written, and the value that the line had by it. */
interface Draft {
  readonly text: string;
  readonly value: unknown;
}

/** The field. It follows the line when that is changed elsewhere. */
export function JsonField(props: FieldProps): ReactNode {
  const { value, onValue, isOptional, path, problems } = props;
  const [draft, setDraft] = useState<Draft>();
  const isOwn = draft !== undefined && JSON.stringify(draft.value) === JSON.stringify(value);
  const text = isOwn ? draft.text : textOf(value);
  const isBroken = text !== '' && parsed(text) === undefined;
  const change = (next: string): void => {
    const read = next === '' && isOptional === true ? undefined : (parsed(next) ?? next);
    setDraft({ text: next, value: read });
    onValue(read);
  };
  return (
    <Frame
      {...props}
      problems={isBroken ? [...problems, { path, message: 'no JSON yet' }].reverse() : problems}
      input={(ids) => (
        <textarea
          {...ids}
          className="code"
          rows={2}
          spellCheck={false}
          value={text}
          onChange={(event) => change(event.target.value)}
        />
      )}
    />
  );
}

function textOf(value: unknown): string {
  return value === undefined || value === '' ? '' : JSON.stringify(value);
}
