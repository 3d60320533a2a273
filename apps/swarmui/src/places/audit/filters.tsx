// What lines of the timeline are looked for.

import type { ReactNode } from 'react';
import type { Filter } from './timeline.ts';

interface Props {
  readonly filter: Filter;
  readonly capabilities: readonly string[];
  readonly onFilter: (filter: Filter) => void;
}

/** Fields; each narrows. */
export function Filters({ filter, capabilities, onFilter }: Props): ReactNode {
  const text = (name: 'who' | 'path', label: string): ReactNode => (
    <label className="field">
      {label}
      <input
        type="search"
        value={filter[name]}
        onChange={(event) => onFilter({ ...filter, [name]: event.currentTarget.value })}
      />
    </label>
  );
  return (
    <search className="audit-filters">
      {text('who', 'Who (name, role, ticket)')}
      {text('path', 'File')}
      <label className="field">
        Changed
        <select
          value={filter.capability}
          onChange={(event) => onFilter({ ...filter, capability: event.currentTarget.value })}
        >
          <option value="">anything</option>
          {capabilities.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      </label>
      <label className="field">
        Outcome
        <select
          value={filter.outcome}
          onChange={(event) => onFilter({ ...filter, outcome: event.currentTarget.value as Filter['outcome'] })}
        >
          <option value="">any</option>
          <option value="accepted">accepted</option>
          <option value="refused">refused</option>
        </select>
      </label>
    </search>
  );
}
