import { describe, expect, it } from 'vitest';
import { type Plan, planId, planOf, planText } from '../src/index.ts';

const HASH = 'ab'.repeat(32);
const PLAN: Plan = {
  version: 1,
  input: { sha256: HASH, size: 4, format: 'elf', isa: 'x86-64' },
  intents: [{ kind: 'bytes', at: '0x10', bytes: '90' }],
  steps: [{ intent: 0, rung: 'in-place', refused: [], moved: [] }],
  edits: [{ offset: 1, before: '00', after: '90', reason: 'bytes at 0x10' }],
  code: [],
  repairs: [],
  visibility: [],
  proofs: [],
  notes: [],
  output: { sha256: HASH, size: 4 },
  tools: [],
};

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('the text of a plan', () => {
  it('is one, whatever the order of its fields', () => {
    const { version, ...rest } = PLAN;
    const turned = { ...Object.fromEntries(Object.entries(rest).reverse()), version } as unknown as Plan;
    expect(planText(turned)).toBe(planText(PLAN));
    expect(planId(planText(PLAN))).toMatch(/^[0-9a-f]{64}$/);
    expect(planOf(bytesOf(planText(PLAN)))).toEqual({ ok: true, value: PLAN });
  });

  it.each([
    ['another version', (text: string) => text.replace('"version": 1', '"version": 7'), 'of version 1, got 7'],
    ['a field less', (text: string) => text.replace(/ {2}"notes": \[\],\n/, ''), 'notes is missing'],
    ['another shape', (text: string) => text.replace('"offset": 1', '"offset": -1'), 'edits is missing or has another'],
    ['odd hex', (text: string) => text.replace('"after": "90"', '"after": "9"'), 'edits is missing or has another'],
    ['a space more', (text: string) => text.replace('{', '{ '), 'was changed by hand'],
    ['no newline', (text: string) => text.trimEnd(), 'was changed by hand'],
    ['no object', () => '[]', 'no JSON object'],
    ['no JSON', () => '{', 'no JSON object'],
  ])('with %s is refused', (_title, change, problem) => {
    const read = planOf(bytesOf(change(planText(PLAN))));
    expect(read.ok ? '' : read.problem).toContain(problem);
  });

  it('that is no UTF-8 is refused', () => {
    expect(planOf(Uint8Array.of(0xff, 0xfe))).toMatchObject({ ok: false });
  });
});
