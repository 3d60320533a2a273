// Waivers: a comment `tidy-allow RULE: reason` on the line of a finding or on the comment lines above it. For a
// finding about the whole file it may stand anywhere in it. A waiver that waives nothing is a finding itself.

import type { Finding, House, Module, TextFile } from './house.ts';

/** A waiver of one rule; it covers its own line up to `lastLine`, the next line that is not a comment. */
export interface Waiver {
  readonly path: string;
  readonly line: number;
  readonly lastLine: number;
  readonly rule: string;
  readonly reason: string;
}

const WAIVER = /\btidy-allow ([a-z-]+):[ \t]*(.*)/;
const REASON_CHARS_MIN = 10;

/** The waivers of a house. In modules they are comments; in other text files a line of any kind. */
export function waiversOf(house: House): readonly Waiver[] {
  const isModule = new Set(house.modules.map(({ path }) => path));
  return [
    ...house.modules.flatMap(ofModule),
    ...house.files.filter(({ path }) => !isModule.has(path)).flatMap(ofTextFile),
  ];
}

function ofModule({ path, text, scan }: Module): Waiver[] {
  const lines = text.split('\n');
  return scan.comments.flatMap(({ text: comment, line }) => waiverAt(path, line, comment, lines));
}

function ofTextFile({ path, text }: TextFile): Waiver[] {
  const lines = text.split('\n');
  return lines.flatMap((content, index) => waiverAt(path, index + 1, content, lines));
}

function waiverAt(path: string, line: number, comment: string, lines: readonly string[]): Waiver[] {
  const match = WAIVER.exec(comment);
  if (match === null) return [];
  let lastLine = line + 1;
  while (/^\s*(?:\/\/|\*)/.test(lines[lastLine - 1] ?? '')) lastLine++;
  return [{ path, line, lastLine, rule: match[1] ?? '', reason: (match[2] ?? '').replace(/\s*(?:\*\/|-->)\s*$/, '') }];
}

/** The findings that no waiver covers, and those about the waivers themselves. */
export function applyWaivers(findings: readonly Finding[], waivers: readonly Waiver[]): readonly Finding[] {
  const used = new Set<Waiver>();
  const left = findings.filter((finding) => {
    const waiver = waivers.find((each) => covers(each, finding));
    if (waiver !== undefined) used.add(waiver);
    return waiver === undefined;
  });
  return [...left, ...waivers.flatMap((waiver) => problemsOf(waiver, used.has(waiver)))];
}

function covers({ path, rule, line, lastLine }: Waiver, finding: Finding): boolean {
  if (path !== finding.path || rule !== finding.rule) return false;
  return finding.wholeFile === true || (finding.line >= line && finding.line <= lastLine);
}

function problemsOf({ path, line, rule, reason }: Waiver, isUsed: boolean): Finding[] {
  if (!isUsed) return [{ path, line, rule: 'waiver', message: `nothing here breaks "${rule}"; remove the waiver` }];
  if (reason.trim().length >= REASON_CHARS_MIN) return [];
  return [{ path, line, rule: 'waiver', message: `say why: \`tidy-allow ${rule}: the reason in a sentence\`` }];
}
