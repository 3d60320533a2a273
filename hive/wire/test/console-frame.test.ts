import { ByteWriter, encodeUtf8, fromHex, toHex } from '@cohesix/bytes';
import { expect, test } from 'vitest';
import {
  CONSOLE_FRAME_BYTES_MAX,
  consoleLineOf,
  createConsoleSplitter,
  drainOversizeFrames,
  type FrameSplitter,
  writeConsoleFrame,
} from '../src/index.ts';

function frame(line: string): Uint8Array {
  const writer = new ByteWriter();
  expect(writeConsoleFrame(writer, line)).toBe(true);
  return writer.copy();
}

/** What a splitter makes of a chunk: lines, and the steps that are none. */
function read(splitter: FrameSplitter, chunk: Uint8Array): (string | undefined)[] {
  const found: (string | undefined)[] = [];
  splitter.push(chunk);
  for (let step = splitter.next(); step !== 'more'; step = splitter.next()) {
    found.push(step === 'frame' ? consoleLineOf(splitter) : `(${step})`);
    if (step === 'undersize' || step === 'too-big') break;
  }
  return found;
}

test.each([
  ['AUTH changeme', '1100000041555448206368616e67656d65'],
  ['OK AUTH', '0b0000004f4b2041555448'],
  ['PING', '0800000050494e47'],
])('%s is framed as in the contract', (line, hex) => {
  expect(toHex(frame(line))).toBe(hex);
  expect(read(createConsoleSplitter(), fromHex(hex)!)).toEqual([line]);
});

test('a newline at the end is not needed and is dropped; an empty frame is an empty line', () => {
  expect(
    read(createConsoleSplitter(), Uint8Array.from([...frame('ping\n'), ...frame('ping\r\n'), ...frame('')])),
  ).toEqual(['ping', 'ping', '']);
});

test('bytes that are not UTF-8 are no line', () => {
  expect(read(createConsoleSplitter(), fromHex('05000000ff')!)).toEqual([undefined]);
});

test('the largest frame passes; one more ends a session before AUTH and is skipped after it', () => {
  const largest = frame('x'.repeat(CONSOLE_FRAME_BYTES_MAX - 4));
  const over = frame('x'.repeat(CONSOLE_FRAME_BYTES_MAX - 3));
  expect(read(createConsoleSplitter(), largest)).toEqual(['x'.repeat(8188)]);
  expect(read(createConsoleSplitter(), over)).toEqual(['(too-big)']);
  const splitter = createConsoleSplitter();
  drainOversizeFrames(splitter);
  expect(read(splitter, Uint8Array.from([...over, ...frame('PING')]))).toEqual(['(oversize)', 'PING']);
});

test('a declared size under 4 ends the session, before AUTH and after', () => {
  const splitter = createConsoleSplitter();
  drainOversizeFrames(splitter);
  for (const size of ['00000000', '03000000']) {
    expect(read(createConsoleSplitter(), fromHex(size)!)).toEqual(['(undersize)']);
  }
  expect(read(splitter, fromHex('03000000')!)).toEqual(['(undersize)']);
});

test('a frame that does not fit is not written', () => {
  const writer = new ByteWriter({ sizeMax: 8 });
  expect(writeConsoleFrame(writer, 'é€')).toBe(false);
  expect(writeConsoleFrame(writer, 'ééé')).toBe(false);
  expect(writer.length).toBe(0);
  expect(writeConsoleFrame(writer, 'éé')).toBe(true);
  expect(writer.length).toBe(encodeUtf8('éé').length + 4);
});
