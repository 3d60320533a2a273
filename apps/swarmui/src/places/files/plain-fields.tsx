// Fields of values that have no parts: each a label, an input, what it takes, and what is wrong with it. What is no JSON has a file of its
// own (json-field.tsx).

import { type ReactNode, useId } from 'react';
import type { FieldProps } from './field-props.ts';
import { choicesOf, hintOf } from './schema.ts';

interface FrameProps extends FieldProps {
  readonly input: (ids: {
    readonly id: string;
    readonly 'aria-describedby': string;
    readonly 'aria-invalid': boolean;
  }) => ReactNode;
}

/** Label, input, and below it what the value is to be. */
export function Frame({ schema, name, path, problems, isOptional = false, input }: FrameProps): ReactNode {
  const id = useId();
  const wrong = problems.find((problem) => problem.path === path);
  const hint = [schema.description, hintOf(schema)].filter((part) => part !== undefined && part !== '').join(' ');
  return (
    <div className="field">
      <label htmlFor={id}>
        {name === '' ? 'Line' : name}
        {isOptional ? <span className="files-soft"> (can be left out)</span> : null}
      </label>
      {input({ id, 'aria-describedby': `${id}-about`, 'aria-invalid': wrong !== undefined })}
      <small id={`${id}-about`} className="files-soft">
        {wrong === undefined ? null : <Wrong message={wrong.message} />}
        {hint}
      </small>
    </div>
  );
}

/** What is wrong with a value; one that is not there yet is no mistake. */
function Wrong({ message }: { readonly message: string }): ReactNode {
  return message === 'missing' ? 'Needed. ' : <span data-tone="error">{message}. </span>;
}

/** A text. */
export function TextField(props: FieldProps): ReactNode {
  const { schema, value, onValue, isOptional } = props;
  const text = typeof value === 'string' ? value : '';
  const change = (next: string): void => onValue(next === '' && isOptional === true ? undefined : next);
  const isLong = (schema.maxLength ?? 0) > LONG;
  return (
    <Frame
      {...props}
      input={(ids) =>
        isLong ? (
          <textarea
            {...ids}
            rows={2}
            spellCheck={false}
            value={text}
            onChange={(event) => change(event.target.value)}
          />
        ) : (
          <input
            {...ids}
            spellCheck={false}
            autoComplete="off"
            value={text}
            onChange={(event) => change(event.target.value)}
          />
        )
      }
    />
  );
}

/** Texts that may be longer get room. */
const LONG = 1024;

/** A number; what is not one stays in the line, so that nothing typed is lost. */
export function NumberField(props: FieldProps): ReactNode {
  const { value, onValue, isOptional } = props;
  const change = (text: string): void => {
    if (text === '') onValue(isOptional === true ? undefined : '');
    else onValue(/^-?\d{1,16}$/.test(text) ? Number(text) : text);
  };
  return (
    <Frame
      {...props}
      input={(ids) => (
        <input
          {...ids}
          inputMode="numeric"
          autoComplete="off"
          value={value === undefined ? '' : String(value)}
          onChange={(event) => change(event.target.value)}
        />
      )}
    />
  );
}

/** Yes or no. */
export function YesNoField(props: FieldProps): ReactNode {
  const { value, onValue, isOptional } = props;
  const text = typeof value === 'boolean' ? String(value) : '';
  return (
    <Frame
      {...props}
      input={(ids) => (
        <select
          {...ids}
          value={text}
          onChange={(event) => onValue(event.target.value === '' ? undefined : event.target.value === 'true')}
        >
          {isOptional === true || text === '' ? <option value="">…</option> : null}
          <option value="true">yes</option>
          <option value="false">no</option>
        </select>
      )}
    />
  );
}

/** One of some constants. */
export function ChoiceField(props: FieldProps): ReactNode {
  const { schema, value, onValue, isOptional } = props;
  const choices = choicesOf(schema) ?? [];
  const index = choices.indexOf(value);
  return (
    <Frame
      {...props}
      input={(ids) => (
        <select {...ids} value={index} onChange={(event) => onValue(choices[Number(event.target.value)])}>
          {isOptional === true || index < 0 ? <option value={-1}>…</option> : null}
          {choices.map((choice, at) => (
            <option key={String(choice)} value={at}>
              {String(choice)}
            </option>
          ))}
        </select>
      )}
    />
  );
}
