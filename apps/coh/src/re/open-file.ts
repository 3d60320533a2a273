// Files of `coh re`: read whole, opened, understood; what is wrong with them is told.

import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { inflateSync } from 'node:zlib';
import type { Outcome } from '@cohesix/check';
import { analyse, type Program } from '@cohesix/flow';
import { type Image, open } from '@cohesix/image';
import type { Context } from '../context.ts';
import { fail } from '../failure.ts';
import { errorText } from '../token.ts';

/** Largest file that is opened, bytes. */
const FILE_SIZE_MAX = 1 << 30;
/** Progress is told this often at most, of all bytes. */
const PROGRESS_STEP = 0.01;

/** What a command works on, or the exit status of the failure that was told. */
export type Opened<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly exit: number };

/** A command could not do its work: tells it, and gives what `Opened` wants. */
export function failed(
  context: Context,
  what: string,
  sentence: string,
): { readonly ok: false; readonly exit: number } {
  return { ok: false, exit: fail(context, { what, code: 'failed', sentence, advice: [] }) };
}

/** The bytes of a file. */
export function readBytes(context: Context, file: string): Opened<Uint8Array> {
  const path = resolve(context.io.cwd, file);
  const what = `cannot read ${file}`;
  try {
    const status = statSync(path);
    if (!status.isFile()) return failed(context, what, 'It is not a regular file.');
    if (status.size > FILE_SIZE_MAX) return failed(context, what, `It has more than ${FILE_SIZE_MAX} bytes.`);
    const bytes = readFileSync(path);
    return { ok: true, value: new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length) };
  } catch (error) {
    return failed(context, what, `${errorText(error)}.`);
  }
}

/** An executable, opened. */
export function openImage(context: Context, file: string): Opened<Image> {
  const bytes = readBytes(context, file);
  return bytes.ok ? taken(context, `cannot open ${file}`, open(bytes.value, { inflate })) : bytes;
}

/** An executable, opened and analysed. */
export function openProgram(context: Context, file: string): Opened<Program> {
  const image = openImage(context, file);
  if (!image.ok) return image;
  const program = analyse(image.value, { progress: progressOn(context) });
  return taken(context, `cannot analyse ${file}`, program);
}

/** The value of an outcome; why there is none is told. */
export function taken<T>(context: Context, what: string, outcome: Outcome<T>): Opened<T> {
  return outcome.ok ? outcome : failed(context, what, `${outcome.problem}.`);
}

function inflate(compressed: Uint8Array, sizeMax: number): Uint8Array | undefined {
  try {
    return inflateSync(compressed, { maxOutputLength: Math.max(sizeMax, 1) });
  } catch {
    return undefined; // Damaged, or longer than it says: the image warns about it.
  }
}

/** A line on a terminal that counts up and goes away. */
function progressOn({ io: { stderr } }: Context): (done: number, all: number) => void {
  let told = 0;
  return (done, all) => {
    if (stderr.isTTY !== true || done - told < all * PROGRESS_STEP) return;
    told = done;
    stderr.write(done < all ? `\rreading code: ${Math.floor((done / all) * 100)} %` : '\r\u001b[K');
  };
}
