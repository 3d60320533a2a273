// Recording of the page's session: a button to begin it, the same one to end it and get the file.

import { type ReactNode, useState } from 'react';
import { finishRecording, RECORDING_ABOUT, recorder, startRecording } from '../../replay/recording.ts';
import { saveFile } from '../../replay/save-file.ts';
import { useHive } from '../../session/hive.ts';
import { useStore } from '../../store/store.ts';

/** The button, and what became of it. */
export function RecordButton(): ReactNode {
  const running = useStore(recorder);
  const hive = useHive();
  const [problem, setProblem] = useState<string>();
  const end = (): void => {
    const file = finishRecording();
    if (file.ok) saveFile('session.trace', file.value as Uint8Array<ArrayBuffer>, 'application/octet-stream');
    setProblem(file.ok ? undefined : file.refusal.detail);
  };
  if (running === undefined && hive?.mode !== 'live') return null;
  return (
    <>
      <button
        type="button"
        className="button"
        aria-pressed={running !== undefined}
        title={RECORDING_ABOUT}
        onClick={running === undefined ? startRecording : end}
      >
        {running === undefined ? 'Record' : 'Stop recording and save'}
      </button>
      <span role="status" className="console-recording">
        {problem ??
          (running === undefined
            ? ''
            : (running.stopped ?? 'Recording this session; look at the places that are to be in it.'))}
      </span>
    </>
  );
}
