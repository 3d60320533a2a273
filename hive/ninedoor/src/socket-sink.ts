// A net.Socket as the byte sink of a connection, and how a socket ends.

import type { Socket } from 'node:net';
import type { ByteSink } from './ninep/connection.ts';
import type { Traffic } from './traffic.ts';

/** How long a peer may take to read what is queued when its connection ends; then it is cut off. */
const END_GRACE_MS = 2000;

/**
 * The sink that writes to a socket. `onDrained` is called whenever the peer has taken something. The socket's own
 * `drain` event is not enough: it comes only after more was queued than Node's high-water mark, which may be more than
 * the bound at which a connection stalls. `traffic` counts the writes that the peer takes only in part at first.
 */
export function sinkOf(socket: Socket, onDrained: () => void, traffic?: Traffic): ByteSink {
  return {
    write: (bytes, sent) => {
      let isShort = false;
      const isFirst = socket.writableLength === 0;
      socket.write(bytes, (error) => {
        sent();
        if (error !== null && error !== undefined) return;
        if (isShort && traffic !== undefined) traffic.shortWriteRetries += 1;
        onDrained();
      });
      // What the kernel takes at once is written when `write` returns; a rest waits until the peer has read.
      isShort = isFirst && socket.writableLength > 0 && !socket.destroyed;
      if (isShort && traffic !== undefined) traffic.shortWrites += 1;
    },
    get queuedBytes() {
      // What is written to a socket that is gone queues nowhere; nobody should go on working for it.
      return socket.destroyed ? Number.POSITIVE_INFINITY : socket.writableLength;
    },
    pause: () => {
      socket.pause();
    },
    resume: () => {
      socket.resume();
    },
    end: () => {
      endSoon(socket);
    },
  };
}

/** Ends a socket when its peer has read what is queued, and after a while in any case: a peer that never reads must not stay. */
export function endSoon(socket: Socket): void {
  socket.destroySoon();
  if (socket.destroyed) return;
  const timer = setTimeout(() => socket.destroy(), END_GRACE_MS);
  timer.unref();
  socket.once('close', () => clearTimeout(timer));
}
