// Copies a text, and says that it did.

import { type ReactNode, useState } from 'react';

/** A button that copies `text`; what it says changes until it loses the focus. */
export function CopyButton({ text, label }: { readonly text: string; readonly label: string }): ReactNode {
  const [copied, setCopied] = useState<'no' | 'yes' | 'refused'>('no');
  const copy = (): void => {
    const done = navigator.clipboard?.writeText(text);
    if (done === undefined) setCopied('refused');
    else
      done.then(
        () => setCopied('yes'),
        () => setCopied('refused'),
      );
  };
  const words = { no: label, yes: 'Copied', refused: 'The browser refused' }[copied];
  return (
    <button type="button" className="button" title={text} onClick={copy} onBlur={() => setCopied('no')}>
      <span role="status">{words}</span>
    </button>
  );
}
