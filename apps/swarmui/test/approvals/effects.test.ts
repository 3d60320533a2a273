// What a line would do is said for every control file that there is: by the examples that each has.

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { effectOf } from '../../src/places/approvals/effect.ts';
import type { Schema } from '../../src/places/files/schema.ts';

interface Control {
  readonly pattern: string;
  readonly summary: string;
  readonly schema: Schema;
  readonly isWord: boolean;
  readonly examples: readonly string[];
}

/** As `/proc/controls` has them; `npm run docs` writes it. */
const SCHEMAS = new URL('../../../../docs/reference/schemas.json', import.meta.url);
const { controls } = JSON.parse(readFileSync(SCHEMAS, 'utf8')) as { readonly controls: readonly Control[] };
/** Words that begin with none of a form, so that only the file is told: pieces of an upload, the bare id of a model. */
const NO_FORM: ReadonlySet<string> = new Set(['/gpu/bridge/ctl b64', '/gpu/models/active llama3-edge-v7']);

test.each(controls)('$pattern', (control) => {
  expect(control.summary).not.toBe('');
  for (const line of control.examples) {
    const { form, fields, problem } = effectOf(control, line);
    expect(problem, line).toBe('');
    const isDescribed = control.schema.anyOf?.every(({ description }) => description !== undefined) === true;
    if (isDescribed && !NO_FORM.has(`${control.pattern} ${line.split(':', 1)[0]}`)) expect(form, line).not.toBe('');
    if (line.startsWith('{')) expect(fields.length, line).toBeGreaterThan(0);
  }
});

test('there are some', () => {
  expect(controls.length).toBeGreaterThan(40);
});
