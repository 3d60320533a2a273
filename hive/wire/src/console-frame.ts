// Frames of the line console: `size[4] line`, size little endian and counting itself, the line UTF-8 without a
// newline.
//
// Before AUTH an oversized frame ends the session; after it the frame is answered `ERR FRAME reason=invalid-length`
// and skipped. A declared size under 4 always ends it. Source: cohesix contracts, section 2.1.

import { type ByteWriter, decodeUtf8, putU32, utf8Length } from '@cohesix/bytes';
import { FrameSplitter } from './frame-splitter.ts';

/** Bytes of `size[4]` before a line. */
export const CONSOLE_HEADER_BYTES = 4;
/** Most bytes of a whole console frame before a manifest says otherwise. */
export const CONSOLE_FRAME_BYTES_MAX = 8192;

/** A splitter for a console session that has not authenticated: an oversized frame ends it. */
export function createConsoleSplitter(frameBytesMax: number = CONSOLE_FRAME_BYTES_MAX): FrameSplitter {
  return new FrameSplitter({ sizeMin: CONSOLE_HEADER_BYTES, sizeMax: frameBytesMax, drainOversize: false });
}

/** From now on oversized frames are reported and skipped: call it when AUTH has succeeded. */
export function drainOversizeFrames(splitter: FrameSplitter): void {
  splitter.setBounds({ drainOversize: true });
}

/**
 * The line of the splitter's present frame, or undefined when it is not UTF-8. One LF or CR LF at its end is
 * dropped.
 */
export function consoleLineOf(splitter: FrameSplitter): string | undefined {
  const line = decodeUtf8(splitter.bytes, splitter.start + CONSOLE_HEADER_BYTES, splitter.end);
  return line?.replace(/\r?\n$/, '');
}

/** Appends the frame of `line`; false, with nothing appended, when it does not fit the writer. */
export function writeConsoleFrame(writer: ByteWriter, line: string): boolean {
  const start = writer.length;
  const size = CONSOLE_HEADER_BYTES + utf8Length(line);
  if (!writer.ensure(size)) {
    writer.rewind(start);
    return false;
  }
  putU32(writer.bytes, writer.reserve(CONSOLE_HEADER_BYTES), size);
  writer.utf8(line);
  return true;
}
