// Node's own HTTP client as a sender: connections that stay, certificates, and bodies that are sent as they come.

import { addAbortListener } from 'node:events';
import { type ClientRequest, Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { SecureContextOptions } from 'node:tls';
import {
  failureOf,
  type HttpAnswer,
  type HttpFailure,
  type HttpRequest,
  type HttpSender,
} from '../rest/http-sender.ts';
import { tlsTrouble } from './tls.ts';

/** Connections kept for the next request, and for how long, ms: less than any gateway keeps its side. */
const IDLE_SOCKETS = 16;
const IDLE_MS = 4000;

/** A sender with connections of its own. */
export function nodeSender(tls: Pick<SecureContextOptions, 'ca' | 'cert' | 'key'> = {}): HttpSender {
  const kept = { keepAlive: true, maxFreeSockets: IDLE_SOCKETS, timeout: IDLE_MS };
  const agents = { http: new HttpAgent(kept), https: new HttpsAgent({ ...kept, ...tls, minVersion: 'TLSv1.2' }) };
  return (request) => {
    const isSecure = request.url.startsWith('https:');
    const options = { method: request.method, headers: request.headers };
    return isSecure
      ? exchange(request, (heard) => httpsRequest(request.url, { ...options, agent: agents.https }, heard))
      : exchange(request, (heard) => httpRequest(request.url, { ...options, agent: agents.http }, heard));
  };
}

function exchange(
  { body, signal }: HttpRequest,
  start: (heard: (incoming: IncomingMessage) => void) => ClientRequest,
): Promise<HttpAnswer | HttpFailure> {
  return new Promise((resolve) => {
    const outgoing = start((incoming) => resolve(answerOf(incoming)));
    // Not Node's own `signal`: given up between the end of an answer and the return of its connection, that throws in the socket.
    const listening = addAbortListener(signal, () => outgoing.destroy());
    outgoing.once('close', () => listening[Symbol.dispose]());
    // Once there is an answer, whoever reads its body is told.
    outgoing.on('error', (error) => resolve(troubleOf(error)));
    if (body === undefined || typeof body === 'string') outgoing.end(body);
    else pipeline(Readable.from(body), outgoing).catch((error: unknown) => resolve(troubleOf(error)));
  });
}

/** What became of a request, in words where TLS is at fault. */
function troubleOf(error: unknown): HttpFailure {
  const failure = failureOf(error);
  return { ...failure, why: tlsTrouble(failure.why) ?? failure.why };
}

function answerOf(incoming: IncomingMessage): HttpAnswer {
  const header = (name: string): string | undefined => {
    const value = incoming.headers[name];
    return typeof value === 'string' ? value : value?.join(', ');
  };
  // A body that nobody comes to read must not end the process when it breaks.
  incoming.on('error', () => {});
  return { kind: 'answer', status: incoming.statusCode ?? 0, header, body: incoming };
}
