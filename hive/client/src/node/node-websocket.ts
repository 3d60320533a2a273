// WebSockets on Node, by the package `ws`: Node's own one takes no certificates, and tells nobody why it could not connect.
// Loaded only when a WebSocket is dialled.

import { WebSocket } from 'ws';
import type { MakeWebSocket, WebSocketLike } from '../websocket/websocket-transport.ts';
import { type ClientTls, tlsOptions, tlsTrouble } from './tls.ts';

/** Longest message taken: far more than a gateway sends at once. */
const MESSAGE_BYTES_MAX = 4 << 20;
/** Milliseconds that a gateway which hangs may keep this process after a close. */
const CLOSE_TIMEOUT_MS = 1000;

/** Makes WebSockets with these certificates. */
export function nodeWebSocket(tls: ClientTls | undefined): MakeWebSocket {
  return (url, subprotocol) => {
    const host = new URL(url).hostname.replace(/^\[|\]$/g, '');
    const bounds = { maxPayload: MESSAGE_BYTES_MAX, closeTimeout: CLOSE_TIMEOUT_MS };
    const options = { perMessageDeflate: false, ...bounds, ...tlsOptions(tls, host) };
    const socket = new WebSocket(url, subprotocol, options);
    // Before any other listener, so that all of them hear what a person understands.
    socket.on('error', (error: NodeJS.ErrnoException) => {
      error.message = tlsTrouble(error.code ?? '') ?? error.code ?? error.message;
    });
    return socket as unknown as WebSocketLike;
  };
}
