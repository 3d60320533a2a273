// The console on xterm.js: lines of the log above, the line that is typed below. Nothing of the hive reaches the terminal as more than
// text: control characters are shown, not obeyed. The typed line never wraps, so that one row is drawn again and nothing is counted.

import { visible } from '@cohesix/client/core';
import { FitAddon } from '@xterm/addon-fit';
import { Terminal } from '@xterm/xterm';
import '@xterm/xterm/css/xterm.css';
import { theme } from '../../app/theme.ts';
import { type ConsoleSession, PROMPT } from './console-session.ts';
import { type LineKey, typedOf } from './keys.ts';
import type { LineEditor } from './line-editor.ts';
import { LOG_LINES_MAX, type LogLine, straight, type Tone } from './line-log.ts';
import { withStyleStandIns } from './style-stand-in.ts';
import { terminalTheme } from './terminal-theme.ts';
import type { TypedLines } from './typed-lines.ts';

/** Select Graphic Rendition for each kind of line (ECMA-48, 8.3.117): colours of the theme, and a weight for those without colours. */
const STYLES: Readonly<Record<Tone, string>> = {
  command: '\x1b[1m',
  ok: '\x1b[32m',
  err: '\x1b[1;31m',
  end: '\x1b[90m',
  data: '',
  note: '\x1b[3;33m',
};
const PLAIN = '\x1b[0m';
const CLEAR_ROW = '\r\x1b[2K';
const [SAVE, RESTORE] = ['\x1b7', '\x1b8'];

/** A terminal that is shown. */
export interface OpenTerminal {
  focus(): void;
  close(): void;
}

/** Opens a terminal in an element. */
export function openTerminal(host: HTMLElement, console: ConsoleSession, typed: TypedLines): OpenTerminal {
  const terminal = new Terminal({
    fontFamily: getComputedStyle(document.documentElement).getPropertyValue('--font-code'),
    fontSize: 13,
    scrollback: LOG_LINES_MAX,
    theme: terminalTheme(),
    convertEol: false,
    cursorBlink: false,
    // Bold is a weight here, not another colour: the bright ones are not the theme's.
    drawBoldTextInBrightColors: false,
  });
  const fit = new FitAddon();
  terminal.loadAddon(fit);
  withStyleStandIns(() => terminal.open(host));
  terminal.textarea?.setAttribute('aria-label', 'Line for the hive');
  const view = new View(terminal, console, typed.editor);
  const ends = [
    listenToKeys(terminal, typed, view),
    listenToPaste(host, typed),
    watchSize(host, fit, view),
    theme.watch(() => {
      terminal.options.theme = terminalTheme();
    }),
    console.log.watch(view.drawSoon),
    console.status.watch(view.drawSoon),
    typed.watch(view.drawSoon),
  ];
  const close = (): void => {
    for (const end of ends) end();
    view.close();
    terminal.dispose();
  };
  return { focus: () => terminal.focus(), close };
}

/** What is drawn, once a frame at most. */
class View {
  readonly #terminal: Terminal;
  readonly #console: ConsoleSession;
  readonly #editor: LineEditor;
  #next = 0;
  /** Of the log, where it was cleared last that this shows. */
  #cleared = 0;
  #frame: number | undefined;

  constructor(terminal: Terminal, console: ConsoleSession, editor: LineEditor) {
    this.#terminal = terminal;
    this.#console = console;
    this.#editor = editor;
    this.#draw();
  }

  readonly drawSoon = (): void => {
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = undefined;
      this.#draw();
    });
  };

  /** Ctrl-L: what was said scrolls away, the line stays. */
  clear(): void {
    this.#terminal.clear();
    this.drawSoon();
  }

  close(): void {
    if (this.#frame !== undefined) cancelAnimationFrame(this.#frame);
  }

  #draw(): void {
    const { log, status } = this.#console;
    if (log.cleared > this.#cleared) this.#terminal.reset();
    this.#cleared = log.cleared;
    this.#next = Math.max(this.#next, log.cleared);
    const lines = log.from(this.#next);
    const lost = (lines[0]?.number ?? this.#next) - this.#next;
    this.#next = log.next;
    const said = lines.map((line) => `${painted(line)}\r\n`).join('');
    const gap = lost > 0 ? `${STYLES.note}~ ${lost} lines are not shown${PLAIN}\r\n` : '';
    this.#terminal.write(`${CLEAR_ROW}${gap}${said}${status.get().isRunning ? '' : this.#typedRow()}`);
  }

  #typedRow(): string {
    const { before, after } = this.#editor.window(this.#terminal.cols - PROMPT.length);
    const tail = after === '' ? '' : `${SAVE}${shown(after)}${RESTORE}`;
    return `${STYLES.command}${PROMPT}${PLAIN}${shown(before)}${tail}`;
  }
}

function painted({ tone, text }: LogLine): string {
  const style = STYLES[tone];
  return style === '' ? shown(text) : `${style}${shown(text)}${PLAIN}`;
}

/** A text that cannot steer the terminal, in one row. */
function shown(text: string): string {
  return straight(visible(text).replaceAll('\n', '\\x0a').replaceAll('\t', '    '));
}

/** Keys that are the page's or the browser's. */
function isPages(event: KeyboardEvent, terminal: Terminal, typed: TypedLines): boolean {
  const key = event.key.toLowerCase();
  const isCommand = event.ctrlKey || event.metaKey;
  if (event.altKey || event.metaKey || key === 'escape' || /^f\d+$/.test(key)) return true;
  if (key === 'tab') return event.shiftKey || typed.editor.text === '';
  if (!isCommand) return false;
  return (key === 'c' && (terminal.hasSelection() || event.shiftKey)) || ['v', 'k', 'r', 't', 'n'].includes(key);
}

function listenToKeys(terminal: Terminal, typed: TypedLines, view: View): () => void {
  terminal.attachCustomKeyEventHandler((event) => !isPages(event, terminal, typed));
  const listening = terminal.onData((data) => {
    const told = typedOf(data);
    if (told === undefined) return;
    terminal.scrollToBottom();
    if ('text' in told) typed.insert(told.text);
    else press(told.key, typed, view);
  });
  return () => listening.dispose();
}

function press(key: LineKey, typed: TypedLines, view: View): void {
  if (key === 'clear') view.clear();
  else typed.press(key);
}

/** What is pasted is text, whatever codes are in it. */
function listenToPaste(host: HTMLElement, typed: TypedLines): () => void {
  const onPaste = (event: ClipboardEvent): void => {
    event.preventDefault();
    event.stopPropagation();
    typed.paste(event.clipboardData?.getData('text/plain') ?? '');
  };
  host.addEventListener('paste', onPaste, { capture: true });
  return () => host.removeEventListener('paste', onPaste, { capture: true });
}

function watchSize(host: HTMLElement, fit: FitAddon, view: View): () => void {
  const observer = new ResizeObserver(() => {
    fit.fit();
    view.drawSoon();
  });
  observer.observe(host);
  return () => observer.disconnect();
}
