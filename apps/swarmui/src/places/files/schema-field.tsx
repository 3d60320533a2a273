// One value of a form, by its schema: a choice, a text, a number, yes or no, an object of these, a list, or one of several shapes.

import type { ReactNode } from 'react';
import { isObject, type JsonObject } from '../../files/json.ts';
import type { FieldProps } from './field-props.ts';
import { JsonField } from './json-field.tsx';
import { ListField } from './list-field.tsx';
import { ChoiceField, NumberField, TextField, YesNoField } from './plain-fields.tsx';
import { choicesOf, emptyOf, type Schema, titleOf, variantOf } from './schema.ts';

/** The field of a value. */
export function SchemaField(props: FieldProps): ReactNode {
  const { schema } = props;
  if (choicesOf(schema) !== undefined) return <ChoiceField {...props} />;
  if (schema.anyOf !== undefined) return <VariantField {...props} variants={schema.anyOf} />;
  switch (schema.type) {
    case 'object':
      return schema.properties === undefined ? <JsonField {...props} /> : <ObjectField {...props} />;
    case 'array':
      return <ListField {...props} Item={SchemaField} />;
    case 'string':
      return <TextField {...props} />;
    case 'integer':
    case 'number':
      return <NumberField {...props} />;
    case 'boolean':
      return <YesNoField {...props} />;
    default:
      return <JsonField {...props} />;
  }
}

function VariantField({ variants, ...props }: FieldProps & { readonly variants: readonly Schema[] }): ReactNode {
  const { name, value, onValue } = props;
  const chosen = variantOf(variants, value);
  const schema = variants[chosen] ?? {};
  return (
    <div className="stack">
      <label className="field">
        {name === '' ? 'What to do' : name}
        <select value={chosen} onChange={(event) => onValue(emptyOf(variants[Number(event.target.value)] ?? {}))}>
          {variants.map((variant, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: shapes may have the same title, and stay in their order
            <option key={index} value={index}>
              {titleOf(variant)}
            </option>
          ))}
        </select>
      </label>
      <SchemaField {...props} schema={schema} isOptional={false} />
    </div>
  );
}

function ObjectField({ schema, name, value, path, problems, onValue, isOptional = false }: FieldProps): ReactNode {
  const object = isObject(value) ? value : undefined;
  const fields =
    object === undefined ? null : (
      <Fields schema={schema} object={object} path={path} problems={problems} onValue={onValue} />
    );
  if (name === '') return fields;
  return (
    <fieldset className="files-object stack">
      <legend>
        {isOptional ? (
          <label>
            <input
              type="checkbox"
              checked={object !== undefined}
              onChange={(event) => onValue(event.target.checked ? emptyOf(schema) : undefined)}
            />{' '}
            {name}
          </label>
        ) : (
          name
        )}
      </legend>
      {schema.description === undefined ? null : <small className="files-soft">{schema.description}</small>}
      {fields}
    </fieldset>
  );
}

interface FieldsProps extends Pick<FieldProps, 'schema' | 'path' | 'problems' | 'onValue'> {
  readonly object: JsonObject;
}

/** The fields of an object; a needed one that has only one value is not asked for. */
function Fields({
  schema: { properties = {}, required = [] },
  object,
  path,
  problems,
  onValue,
}: FieldsProps): ReactNode {
  const set = (name: string, value: unknown): void => {
    const entries = Object.entries({ ...object, [name]: value }).filter(([, one]) => one !== undefined);
    onValue(Object.fromEntries(entries));
  };
  const asked = Object.entries(properties).filter(
    ([name, one]) => !required.includes(name) || choicesOf(one)?.length !== 1,
  );
  return (
    <div className="files-fields">
      {asked.map(([name, one]) => (
        <SchemaField
          key={name}
          schema={one}
          name={name}
          value={object[name]}
          path={path === '' ? name : `${path}.${name}`}
          problems={problems}
          isOptional={!required.includes(name)}
          onValue={(value) => set(name, value)}
        />
      ))}
    </div>
  );
}
