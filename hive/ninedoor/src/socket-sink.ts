// A net.Socket as the byte sink of a connection.

import type { Socket } from 'node:net';
import type { ByteSink } from './ninep/connection.ts';

/** The sink that writes to a socket. */
export function sinkOf(socket: Socket): ByteSink {
  return {
    write: (bytes, sent) => {
      socket.write(bytes, () => sent());
    },
    get queuedBytes() {
      return socket.writableLength;
    },
    pause: () => {
      socket.pause();
    },
    resume: () => {
      socket.resume();
    },
    end: () => {
      socket.destroySoon();
    },
  };
}
