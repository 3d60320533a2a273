// The beginning of a stored content: blobs may be of any size, so only that is fetched, and only when somebody asks.

import type { HiveClient } from '@cohesix/client/core';
import { ok, type Result } from '@cohesix/wire';
import { type ReactNode, useEffect, useState } from 'react';
import { Refused } from '../../files/refused.tsx';
import { useHive } from '../../session/hive.ts';
import { BytesView } from './text-view.tsx';

const HEAD_BYTES = 65_536;

/** Its first 64 KiB; `size`: how many bytes it has. */
export function BlobView({ path, size }: { readonly path: string; readonly size: bigint }): ReactNode {
  const hive = useHive();
  const [head, setHead] = useState<Result<Uint8Array>>();
  useEffect(() => {
    let isOver = false;
    if (hive !== undefined) void headOf(hive.client, path).then((read) => isOver || setHead(read));
    return () => {
      isOver = true;
    };
  }, [hive, path]);
  if (head === undefined) return <p role="status">Fetching…</p>;
  if (!head.ok) return <Refused path={path} refusal={head.refusal} />;
  return (
    <>
      <p className="files-soft">
        {head.value.length === HEAD_BYTES && size !== BigInt(HEAD_BYTES)
          ? 'Its first 64 KiB; coh cat gives all of it.'
          : 'All of it.'}
      </p>
      <BytesView path={path} bytes={head.value} />
    </>
  );
}

async function headOf(client: HiveClient, path: string): Promise<Result<Uint8Array>> {
  const pulled = await client.pull(path);
  if (!pulled.ok) return pulled;
  const head = new Uint8Array(HEAD_BYTES);
  let size = 0;
  for await (const piece of pulled.value) {
    const part = piece.subarray(0, HEAD_BYTES - size);
    head.set(part, size);
    size += part.length;
    if (size === HEAD_BYTES) break;
  }
  pulled.value.stop();
  const ended = await pulled.value.ended;
  return ended.ok || size === HEAD_BYTES ? ok(head.slice(0, size)) : ended;
}
