// The line console without a client: bare frames out, bare frames in.

import { connect as dial } from 'node:net';

/** Sends console commands in bare frames and collects the lines of the answers. */
export async function rawConsole(port: number, lines: readonly string[]): Promise<string[]> {
  const socket = dial(port, '127.0.0.1');
  const answers: string[] = [];
  let held = Buffer.alloc(0);
  for (const line of lines) {
    const payload = Buffer.from(line);
    const frame = Buffer.alloc(4 + payload.length);
    frame.writeUInt32LE(frame.length);
    payload.copy(frame, 4);
    socket.write(frame);
  }
  for await (const chunk of socket) {
    held = Buffer.concat([held, chunk as Buffer]);
    while (held.length >= 4 && held.length >= held.readUInt32LE(0)) {
      const size = held.readUInt32LE(0);
      answers.push(held.toString('utf8', 4, size));
      held = held.subarray(size);
    }
  }
  return answers;
}
