// The parts a section of the manifest is made of: one builder per kind of field, and the plain view of a schema that
// the walker, the writer and the reference read. A field is a TypeBox schema, so a JSON Schema, that carries its default,
// its range and its one sentence of documentation; nothing about a field is written anywhere else.

import {
  type TArray,
  type TBoolean,
  type TEnum,
  type TInteger,
  type TObject,
  type TProperties,
  type TSchema,
  type TString,
  Type,
} from 'typebox';

/** 2^10 and 2^20 bytes. */
export const KIB = 1024;
export const MIB: number = 1024 * KIB;

/** The schema of one field of type `T`: what ties each interface of this package to its section, key by key. */
export type FieldOf<T> = [T] extends [boolean]
  ? TBoolean
  : [T] extends [number]
    ? TInteger
    : [T] extends [string]
      ? string extends T
        ? TString
        : TEnum<T[]>
      : [T] extends [readonly (infer Item)[]]
        ? TArray<FieldOf<Item>>
        : Table<T>;

/** The schema of a table (`[section]`, or one element of a list of tables) of type `T`. */
export type Table<T> = TObject<{ [Key in keyof T]: FieldOf<T[Key]> } & TProperties>;

/** A schema as what it is on the page: the JSON Schema keywords this package uses, and no others. */
export interface FieldNode {
  readonly type?: 'object' | 'array' | 'integer' | 'boolean' | 'string';
  readonly description: string;
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  /** ECMAScript regular expression, anchored, matched with the `u` flag. */
  readonly pattern?: string;
  /** What `pattern` says, in words; completes "expected …". */
  readonly 'x-form'?: string;
  readonly enum?: readonly string[];
  readonly items?: FieldNode;
  readonly maxItems?: number;
  readonly properties?: Readonly<Record<string, FieldNode>>;
  /** Name of the field of the same table whose value is the default of this one. */
  readonly 'x-default-from'?: string;
}

/** Views a TypeBox schema of this package as its keywords. */
export function nodeOf(schema: TSchema): FieldNode {
  return schema as FieldNode;
}

/** A table with exactly these fields. `text` becomes the heading comment of the section. */
export function table<T>(text: string, fields: { [Key in keyof T]: FieldOf<T[Key]> }): Table<T> {
  return Type.Object(fields as { [Key in keyof T]: FieldOf<T[Key]> } & TProperties, {
    description: text,
    additionalProperties: false,
  }) as unknown as Table<T>;
}

/** An integer with an inclusive range; `is` is the default. */
export function int(
  value: { readonly is: number; readonly min: number; readonly max: number },
  text: string,
): TInteger {
  return Type.Integer({ description: text, default: value.is, minimum: value.min, maximum: value.max });
}

/** `true` or `false`. */
export function flag(value: { readonly is: boolean }, text: string): TBoolean {
  return Type.Boolean({ description: text, default: value.is });
}

/** A string of one form; `form` says in words what `pattern` accepts. Without `is` the field must be given. */
export function word(
  value: { readonly is?: string; readonly from?: string; readonly pattern: string; readonly form: string },
  text: string,
): TString {
  return Type.String({
    description: text,
    pattern: value.pattern,
    'x-form': value.form,
    ...(value.is === undefined ? {} : { default: value.is }),
    ...(value.from === undefined ? {} : { 'x-default-from': value.from }),
  });
}

/** One of a few words. Without `is` the field must be given. */
export function choice<T extends string>(
  value: { readonly is?: T; readonly of: readonly T[] },
  text: string,
): TEnum<T[]> {
  const options = { description: text, type: 'string', ...(value.is === undefined ? {} : { default: value.is }) };
  return Type.Enum([...value.of], options) as unknown as TEnum<T[]>;
}

/** A list of tables or strings; `is` is the list a manifest has that does not mention it. */
export function list<T>(
  value: { readonly is: readonly T[]; readonly of: FieldOf<T>; readonly max: number },
  text: string,
): TArray<FieldOf<T>> {
  return Type.Array(value.of, { description: text, default: value.is, maxItems: value.max }) as TArray<FieldOf<T>>;
}

/** A token as ids use it: what fits in a path component, a log line and a shell word without quoting. */
export const TOKEN_PATTERN = '^[A-Za-z0-9_-]{1,64}$';
