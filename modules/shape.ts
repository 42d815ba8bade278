import type { ResponseMode } from '../constructs/forwarder-function';
import type { Settings } from '../settings';

/** What is fixed when modules are written: Terraform can choose values later, not what there is. */
export interface Shape {
  readonly zones: number;
  readonly nodes: number;
  /** The services behind the doors. */
  readonly services: readonly { readonly name: string; readonly origin: string; readonly port: number }[];
  readonly responseMode: ResponseMode;
  /** Whether somebody is told when something is in trouble. */
  readonly alarms: boolean;
  /** Whether the host sleeps. */
  readonly power: boolean;
  /** Whether doors are reachable over IPv6. */
  readonly dualStack: boolean;
  /** How often snapshots are taken, in hours, and how many are kept: alarms count with it. */
  readonly snapshots: { readonly everyHours: number; readonly keep: number };
  /** Whether the machine image is pinned. */
  readonly pinnedImage: boolean;
}

/** Thrown where settings want what one gateway module for all doors cannot be. */
export class ShapeError extends Error {}

/**
 * The shape that settings have.
 *
 * @throws ShapeError where services differ in what the one gateway module fixes
 */
export function shapeOf({ network, host, services, alarms, power, snapshots }: Settings): Shape {
  const modes = [...new Set(services.map(({ response }) => response))];
  const [responseMode = 'streaming'] = modes;
  if (modes.length > 1) {
    const given = services.map(({ name, response }) => `${name} ${response}`).join(', ');
    throw new ShapeError(
      `services[].response: ${given}. One gateway module serves all doors, so all have to be streaming or all buffered. ` +
        'Write the modules once for each, with settings of their own and --output.',
    );
  }
  const cached = services.filter(({ cache }) => cache !== undefined).map(({ name }) => name);
  if (cached.length > 0) {
    throw new ShapeError(`services[].cache: ${cached.join(', ')}. The gateway module has no cache: leave it out.`);
  }
  if (host.masters !== 'all' || host.kibana !== 'all') {
    throw new ShapeError(
      `host.masters: ${host.masters}, host.kibana: ${host.kibana}. The modules have the same nodes behind every door: leave both at "all".`,
    );
  }
  return {
    zones: network.zones.length,
    nodes: host.nodes,
    services: services.map(({ name, origin, port }) => ({ name, origin, port })),
    responseMode,
    alarms: alarms.email !== undefined,
    power: power.enabled,
    dualStack: services.some(({ allowedCidrs }) => allowedCidrs.some((cidr) => cidr.includes(':'))),
    snapshots: { everyHours: snapshots.enabled ? snapshots.everyHours : 0, keep: snapshots.keep },
    pinnedImage: host.ami !== 'newest',
  };
}
