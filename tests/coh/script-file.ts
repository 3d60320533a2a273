// A script of the pack with what its first comments ask for. They are comments for `coh sh --script`, and words for the
// runner of the pack:
//
//   # needs: regression-manifest            the hive runs on manifests/regression.toml, not on manifests/base.toml
//   # ticket NAME: ROLE SUBJECT [SCOPE|QUOTA|expired]…     `{{ticket:NAME}}` in a line is a ticket of that hive
//   # policy {"schema":…}                    `{{load:ID}}` is the line that loads this document, `{{sha256:ID}}` its hash
//   # differs: times, doors                 what may differ between the transcripts of two doors; see MASKS

import { readFileSync } from 'node:fs';
import type { PolicyDocument } from '@cohesix/authority';
import { parseQuota, parseRole, parseScope, type Quotas, type Role, type Scope } from '@cohesix/ticket';
import type { Result } from '@cohesix/wire';

/** A ticket that a script wants. */
export interface TicketWish {
  readonly role: Role;
  readonly subject: string;
  readonly scopes: readonly Scope[];
  readonly quotas: Quotas;
  readonly isExpired: boolean;
}

/** A script and what it asks for. */
export interface ScriptFile {
  readonly name: string;
  readonly text: string;
  /** Name of a file of `manifests/`. */
  readonly manifest: string;
  readonly tickets: ReadonlyMap<string, TicketWish>;
  readonly documents: readonly PolicyDocument[];
  readonly masks: readonly Mask[];
}

/** Makes what is allowed to differ equal; undefined: the line is at one door only. */
export type Mask = (line: string) => string | undefined;

/** What a script may declare as different. Nothing else is: the transcripts are compared byte for byte. */
const MASKS: ReadonlyMap<string, Mask> = new Map<string, Mask>([
  // Milliseconds since the epoch, and how long something took: two hives are not started at the same moment.
  ['times', (line) => line.replace(/\b1[6-9]\d{11}\b/g, '<ms>').replace(/\b(p\d\d_ms)=\d+/g, '$1=<ms>')],
  ['doors', withoutDoor],
  // Bytes and records of the journal: some records hold a time since the start, and the log is signed once a second.
  ['sizes', (line) => line.replace(/("(?:journal_next|signed_records|to)":|journal ends at )\d+/g, '$1<size>')],
  // Fingerprints of tickets: every hive has keys of its own.
  ['tickets', (line) => line.replace(/\b(ticket"?[=:]"?)[0-9a-f]{16,}\b/g, '$1<ticket>')],
]);

/**
 * How a session came, in what the log and the trace tell of it, and what its protocol calls an operation. The console tells
 * of its connections too, so the numbers of events are others there.
 */
function withoutDoor(line: string): string | undefined {
  if (/^audit tcp\.|"msg":"audit tcp\./.test(line)) return undefined;
  const text = line.replace(/\bdoor=[a-z0-9-]+/g, 'door=<door>').replace(/\bop=[a-z]+/g, 'op=<op>');
  return text.replace(/"seq":\d+(?=,"ts_ms":)/, '"seq":<seq>');
}

/** Reads a script of this folder. @throws Error when its header asks for something unknown. */
export function readScriptFile(name: string): ScriptFile {
  const text = readFileSync(new URL(name, import.meta.url), 'utf8');
  const tickets = new Map<string, TicketWish>();
  const masks: Mask[] = [];
  let manifest = 'base';
  for (const [, word = '', rest = ''] of text.matchAll(/^# (needs|differs|ticket [a-z-]+): (.*)$/gm)) {
    if (word === 'needs') manifest = manifestOf(rest, name);
    else if (word === 'differs') masks.push(...rest.split(/,\s*/).map((mask) => maskOf(mask, name)));
    else tickets.set(word.slice('ticket '.length), wishOf(rest.split(/\s+/), name));
  }
  const documents = [...text.matchAll(/^# policy (\{.*\})$/gm)].map(
    ([, json = '']) => JSON.parse(json) as PolicyDocument,
  );
  return { name, text, manifest, tickets, documents, masks };
}

function manifestOf(need: string, name: string): string {
  const [, manifest] = /^([a-z-]+)-manifest$/.exec(need) ?? [];
  if (manifest === undefined) throw new Error(`${name}: a script needs a manifest or nothing, not ${need}`);
  return manifest;
}

function maskOf(word: string, name: string): Mask {
  const mask = MASKS.get(word);
  if (mask === undefined) throw new Error(`${name}: differs takes ${[...MASKS.keys()].join(', ')}; not ${word}`);
  return mask;
}

function wishOf([roleWord = '', subject = '', ...limits]: readonly string[], name: string): TicketWish {
  const role = parseRole(roleWord);
  if (role === undefined) throw new Error(`${name}: no role ${roleWord}`);
  const scopes = limits.filter((limit) => limit.startsWith('/')).map((limit) => given(parseScope(limit), name));
  const quotas = limits.filter((limit) => /^[a-z-]+=/.test(limit)).map((limit) => given(parseQuota(limit), name));
  return { role, subject, scopes, quotas: Object.assign({}, ...quotas), isExpired: limits.includes('expired') };
}

function given<Value>(parsed: Result<Value>, name: string): Value {
  if (!parsed.ok) throw new Error(`${name}: ${parsed.refusal.detail}`);
  return parsed.value;
}
