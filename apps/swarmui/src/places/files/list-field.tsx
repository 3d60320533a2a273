// A list: its items, each with a way to take it out, and a way to add one.

import type { ComponentType, ReactNode } from 'react';
import type { FieldProps } from './field-props.ts';
import { emptyOf } from './schema.ts';

interface ListProps extends FieldProps {
  /** The field of an item. */
  readonly Item: ComponentType<FieldProps>;
}

/** The items of a list, up to as many as it may have. */
export function ListField(props: ListProps): ReactNode {
  const { Item, schema, name, value, path, problems, onValue, isOptional = false } = props;
  const items: readonly unknown[] = Array.isArray(value) ? value : [];
  const wrong = problems.find((problem) => problem.path === path);
  const set = (next: readonly unknown[]): void => onValue(next.length === 0 && isOptional ? undefined : next);
  return (
    <fieldset className="files-object stack">
      <legend>{name === '' ? 'List' : name}</legend>
      <small className="files-soft">
        {wrong === undefined ? null : <span data-tone="error">{wrong.message}. </span>}
        {schema.description}
      </small>
      {items.map((item, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: an item has nothing else to be known by
        <div key={index} className="files-item">
          <Item
            schema={schema.items ?? {}}
            name={`${name} ${index + 1}`}
            value={item}
            path={`${path}.${index}`}
            problems={problems}
            onValue={(next) => set(items.map((one, at) => (at === index ? next : one)))}
          />
          <button type="button" className="button" onClick={() => set(items.filter((_, at) => at !== index))}>
            Take out {index + 1}
          </button>
        </div>
      ))}
      <button
        type="button"
        className="button"
        disabled={items.length >= (schema.maxItems ?? Infinity)}
        onClick={() => set([...items, emptyOf(schema.items ?? {})])}
      >
        Add to {name}
      </button>
    </fieldset>
  );
}
