// What of the page is of use without it: addresses of objects, and acts in words of the shell.

export { type Act, cohForm, quoted } from './act/coh-form.ts';
export { hrefOf, parseFragment, type Route } from './app/address.ts';
export * as fleetActs from './places/fleet/fleet-acts.ts';
