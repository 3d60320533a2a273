// The text form of a message, in the manner of 9P traces: one line, the fields in wire order under their names.
//
//   Twalk tag 2 fid 1 newfid 2 'queen' 'ctl'
//   Rwalk tag 2 (d 0 9f86d081884c7d65) (a 3 60303ae22b998861)
//   Twrite tag 4 fid 2 offset 0 count 6 'hello\n'
//
// A qid is `(type version path)`: type as letters (`-` for none), path in hex. Bytes that are not UTF-8 print as
// `x'0aff'`. Everything that could move a terminal's cursor is escaped. `parseMessage` reads exactly what
// `formatMessage` writes.

import { decodeUtf8, toHex } from '@cohesix/bytes';
import { assert } from '@cohesix/check';
import { NOFID, NONUNAME, NOTAG } from './constants.ts';
import { type FieldKind, layoutOf } from './layout.ts';
import type { Qid, RMessage, TMessage } from './message.ts';
import { messageTypeName } from './message-type.ts';

/** Letters of the qid type bits, from 0x80 down. */
export const QID_LETTERS = 'dalmAtLk';

/** A message as one line of text. */
export function formatMessage(message: TMessage | RMessage): string {
  const layout = layoutOf(message.type);
  assert(layout !== undefined, 'a message type with a layout');
  const values = message as unknown as Readonly<Record<string, unknown>>;
  const tag = message.tag === NOTAG ? 'NOTAG' : message.tag;
  const fields = layout.map(([name, kind]) => formatField(fieldLabel(name, kind), kind, values[name]));
  return [messageTypeName(message.type), `tag ${tag}`, ...fields].filter((part) => part !== '').join(' ');
}

/** The word before a field's value: the name in the manual; none before lists, `count` before data. */
export function fieldLabel(name: string, kind: FieldKind): string {
  if (kind === 'names' || kind === 'qids') return '';
  if (kind === 'data') return 'count';
  if (name === 'fstype' || name === 'lockType') return 'type';
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function formatField(label: string, kind: FieldKind, value: unknown): string {
  const text = formatValue(kind, value);
  return label === '' ? text : `${label} ${text}`;
}

/** The table guarantees that `value` has the type of `kind`. */
function formatValue(kind: FieldKind, value: unknown): string {
  switch (kind) {
    case 'u8':
    case 'u16':
    case 'u32':
    case 'u64':
      return String(value);
    case 'fid':
      return value === NOFID ? 'NOFID' : String(value);
    case 'uid':
      return value === NONUNAME ? 'NONUNAME' : String(value);
    case 'octal':
      return value === 0 ? '0' : `0${(value as number).toString(8)}`;
    case 'mask':
    case 'mask64':
      return `0x${(value as number | bigint).toString(16)}`;
    case 'string':
    case 'name':
      return quote(value as string);
    case 'names':
      return (value as readonly string[]).map(quote).join(' ');
    case 'qid':
      return formatQid(value as Qid);
    case 'qids':
      return (value as readonly Qid[]).map(formatQid).join(' ');
    case 'data':
      return formatData(value as Uint8Array);
  }
}

/** A qid as `(type version path)`. */
function formatQid(qid: Qid): string {
  const letters = [...QID_LETTERS].filter((_, index) => (qid.type & (0x80 >> index)) !== 0).join('');
  return `(${letters === '' ? '-' : letters} ${qid.version} ${qid.path.toString(16).padStart(16, '0')})`;
}

function formatData(data: Uint8Array): string {
  const text = decodeUtf8(data);
  return `${data.length} ${text === undefined ? `x'${toHex(data)}'` : quote(text)}`;
}

function quote(text: string): string {
  return `'${text.replace(/[\\'\p{C}\p{Zl}\p{Zp}]/gu, escapeCharacter)}'`;
}

function escapeCharacter(character: string): string {
  switch (character) {
    case '\n':
      return '\\n';
    case '\r':
      return '\\r';
    case '\t':
      return '\\t';
    case '\\':
    case "'":
      return `\\${character}`;
    default:
      return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
  }
}
