// The form of a line, made from its schema. It shows the value that is in the line, and says what the value is to be; what it cannot
// express is written as JSON.

import type { ReactNode } from 'react';
import type { ControlDoc } from './control-doc.ts';
import { type LineValue, wordSchema } from './line-model.ts';
import { SchemaField } from './schema-field.tsx';

interface LineFormProps {
  readonly doc: ControlDoc;
  readonly line: LineValue;
  readonly onValue: (value: unknown) => void;
}

/** The fields of a line; nothing while the line cannot be read, or has no form. */
export function LineForm({ doc, line, onValue }: LineFormProps): ReactNode {
  if (line.kind === 'broken') return <p className="files-soft">The form is back as soon as the line can be read.</p>;
  const schema = doc.isWord ? wordSchema(doc.schema) : doc.schema;
  if (schema === undefined || Object.keys(schema).length === 0) return null;
  return <SchemaField schema={schema} name="" value={line.value} problems={line.problems} path="" onValue={onValue} />;
}
