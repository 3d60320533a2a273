// A gateway made of answers in a row: what each request was, and what it is answered. For failures that a real one has seldom.

import type { HttpAnswer, HttpFailure, HttpRequest, HttpSender } from '../src/core.ts';

/** One answer: bytes as they come; `hang`: the body goes on until the request is given up. */
export interface Planned {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | readonly string[];
  readonly hang?: boolean;
  /** The body breaks off behind what there is. */
  readonly cut?: boolean;
}

/** A sender and what it was asked. */
export interface PlannedSender {
  readonly send: HttpSender;
  readonly asked: HttpRequest[];
  /** Adds answers. */
  readonly plan: (...answers: (Planned | HttpFailure)[]) => void;
}

/** Answers that nobody planned are lost. */
export function plannedSender(...first: (Planned | HttpFailure)[]): PlannedSender {
  const answers = [...first];
  const asked: HttpRequest[] = [];
  const send: HttpSender = async (request) => {
    asked.push(request);
    const answer = answers.shift() ?? { kind: 'lost', why: 'nothing is planned' };
    return 'kind' in answer ? answer : answerOf(answer, request.signal);
  };
  return { send, asked, plan: (...more) => answers.push(...more) };
}

/** A JSON answer of a hive. */
export function answered(fields: Readonly<Record<string, unknown>>): Planned {
  return { body: JSON.stringify({ status: 'OK', ...fields }) };
}

/** The session of a queen: what attaching reads. */
export const SELF: Planned = {
  headers: { 'content-type': 'application/octet-stream', 'x-cohesix-instance': 'first' },
  body: 'role=queen subject=queen\n',
};

function answerOf({ status = 200, headers = {}, body = '', hang, cut }: Planned, signal: AbortSignal): HttpAnswer {
  const all: Readonly<Record<string, string>> = { 'content-type': 'application/json', ...headers };
  return {
    kind: 'answer',
    status,
    header: (name) => all[name],
    body: piecesOf(typeof body === 'string' ? [body] : body, { hang: hang === true, cut: cut === true, signal }),
  };
}

interface Ending {
  readonly hang: boolean;
  readonly cut: boolean;
  readonly signal: AbortSignal;
}

async function* piecesOf(texts: readonly string[], { hang, cut, signal }: Ending): AsyncGenerator<Uint8Array> {
  for (const text of texts) if (text !== '') yield Buffer.from(text);
  while (hang && !signal.aborted) await new Promise((resolve) => setImmediate(resolve));
  if (cut || (hang && signal.aborted)) throw new Error('cut');
}
