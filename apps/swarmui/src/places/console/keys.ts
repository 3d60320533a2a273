// What xterm.js makes of a key (the codes of a VT220, xterm's ctlseqs) as what it means for the line.

/** A key of the line editor. */
export type LineKey =
  | 'enter'
  | 'backspace'
  | 'delete'
  | 'left'
  | 'right'
  | 'home'
  | 'end'
  | 'up'
  | 'down'
  | 'interrupt'
  | 'clear'
  | 'cut-head'
  | 'cut-word'
  | 'complete';

/** A key, or text that was typed. */
export type Typed = { readonly key: LineKey } | { readonly text: string };

const KEYS: Readonly<Record<string, LineKey>> = {
  '\r': 'enter',
  '\x7f': 'backspace',
  '\b': 'backspace',
  '\t': 'complete',
  '\x01': 'home',
  '\x02': 'left',
  '\x03': 'interrupt',
  '\x04': 'delete',
  '\x05': 'end',
  '\x06': 'right',
  '\x0c': 'clear',
  '\x0e': 'down',
  '\x10': 'up',
  '\x15': 'cut-head',
  '\x17': 'cut-word',
};

const SEQUENCES: Readonly<Record<string, LineKey>> = {
  '[A': 'up',
  OA: 'up',
  '[B': 'down',
  OB: 'down',
  '[C': 'right',
  OC: 'right',
  '[D': 'left',
  OD: 'left',
  '[H': 'home',
  OH: 'home',
  '[F': 'end',
  OF: 'end',
  '[3~': 'delete',
};

/** What was typed; undefined for keys that mean nothing here. */
export function typedOf(data: string): Typed | undefined {
  if (data.startsWith('\x1b')) {
    const key = SEQUENCES[data.slice(1)];
    return key === undefined ? undefined : { key };
  }
  const key = KEYS[data];
  if (key !== undefined) return { key };
  const text = data.replace(/\p{Cc}/gu, '');
  return text === '' ? undefined : { text };
}
