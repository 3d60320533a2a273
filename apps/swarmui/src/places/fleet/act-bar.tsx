// Buttons that propose acts. Nothing is sent by them: the line is reviewed first.

import { type ReactNode, useId, useState } from 'react';
import { propose } from '../../act/acts.ts';
import type { Act } from '../../act/coh-form.ts';
import { useHive } from '../../session/hive.ts';

/** A button for an act; it is off while the page does not show the present. */
export function ActButton({ act, label }: { readonly act: Act; readonly label: string }): ReactNode {
  const isLive = useHive()?.mode === 'live';
  return (
    <button
      type="button"
      className="button"
      disabled={!isLive}
      data-danger={act.isDanger === true}
      onClick={() => propose(act)}
    >
      {label}
    </button>
  );
}

interface ActFieldProps {
  readonly label: string;
  /** What is asked for. */
  readonly field: string;
  readonly initial: string;
  /** What of it the input looks like. */
  readonly form?: 'word' | 'number' | 'code';
  /** The act for what was typed; a text: what is wrong with it. */
  readonly actOf: (text: string) => Act | string;
}

/** An act that needs one value. */
export function ActField({ label, field, initial, form = 'word', actOf }: ActFieldProps): ReactNode {
  const isLive = useHive()?.mode === 'live';
  const [text, setText] = useState(initial);
  const [wrong, setWrong] = useState('');
  const id = useId();
  return (
    <form
      className="row fleet-act"
      onSubmit={(event) => {
        event.preventDefault();
        const act = actOf(text.trim());
        setWrong(typeof act === 'string' ? act : '');
        if (typeof act !== 'string') propose(act);
      }}
    >
      <label htmlFor={id}>{field}</label>
      <input
        id={id}
        value={text}
        inputMode={form === 'number' ? 'numeric' : 'text'}
        spellCheck={false}
        autoComplete="off"
        data-form={form}
        onChange={(event) => setText(event.target.value)}
      />
      <button type="submit" className="button" disabled={!isLive}>
        {label}
      </button>
      {wrong === '' ? null : (
        <span role="alert" data-tone="error">
          {wrong}
        </span>
      )}
    </form>
  );
}

/** A whole number of seconds for an act; a sentence when it is none. */
export function seconds(text: string, actOf: (value: number) => Act): Act | string {
  return /^[1-9]\d{0,8}$/.test(text) ? actOf(Number(text)) : 'A whole number of seconds, at least 1.';
}

/** One word for an act; a sentence when it is none. */
export function oneWord(text: string, actOf: (value: string) => Act): Act | string {
  return /^[A-Za-z0-9_.-]{1,64}$/.test(text) ? actOf(text) : 'One word of letters, digits, _, . and -.';
}
