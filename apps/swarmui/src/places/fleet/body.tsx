// Fleet: what works here, what it holds, what waits; as tables and times. `#/fleet/<tab>/<id>` leads to one object.

import type { ComponentType, ReactNode } from 'react';
import { hrefOf, useRoute } from '../../app/router.ts';
import { FederationTab } from './federation-tab.tsx';
import './fleet.css';
import { GpusTab } from './gpus-tab.tsx';
import { LeasesTab } from './leases-tab.tsx';
import { ScheduleTab } from './schedule-tab.tsx';
import { WorkersTab } from './workers-tab.tsx';

interface Tab {
  readonly id: string;
  readonly title: string;
  readonly Body: ComponentType<{ readonly rest: readonly string[] }>;
}

const TABS: readonly Tab[] = [
  { id: 'workers', title: 'Workers', Body: WorkersTab },
  { id: 'leases', title: 'Leases', Body: LeasesTab },
  { id: 'schedule', title: 'Schedule', Body: ScheduleTab },
  { id: 'gpus', title: 'GPUs and models', Body: GpusTab },
  { id: 'hosts', title: 'Hosts', Body: FederationTab },
];

/** The place. */
export function Body(): ReactNode {
  const { place, rest } = useRoute();
  const [id, ...below] = place === 'fleet' ? rest : [];
  const tab = TABS.find((one) => one.id === id) ?? TABS[0];
  if (tab === undefined) return null;
  return (
    <div className="fleet stack">
      <h1 className="visually-hidden">Fleet</h1>
      <nav className="fleet-tabs" aria-label="Parts of the fleet">
        {TABS.map((one) => (
          <a key={one.id} href={hrefOf('fleet', one.id)} aria-current={one === tab ? 'page' : undefined}>
            {one.title}
          </a>
        ))}
      </nav>
      <tab.Body rest={below} />
    </div>
  );
}
