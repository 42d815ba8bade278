import { join } from 'node:path';
import { UserError } from '../../commands/terminal';
import type { ServiceSettings, Settings } from '../../settings';
import { type Door, openDoor, readGatewayFromEmulator, readGatewayFromSynth } from '../door';
import type { HostMaterial } from './host-material';
import type { ServiceOrigin } from './origins';

/** A service's door with what is behind it. */
export interface OpenService {
  service: ServiceSettings;
  door: Door;
  origin: ServiceOrigin;
}

export interface DoorPlace {
  /** The product's own synth. */
  product: string;
  /** The emulated AWS; without it the synth alone says what is served. */
  endpoint?: string;
  port?: number;
  material: HostMaterial;
  /** Called for every request. */
  knocked: () => void;
  /** Called for every line that the forwarder writes. */
  written?: (line: string) => void;
}

/** Opens one service's door in front of its origin. @throws with advice where the port is taken */
export async function openService(
  settings: Settings,
  service: ServiceSettings,
  origin: ServiceOrigin,
  { product, endpoint, port, material, knocked, written }: DoorPlace,
): Promise<OpenService> {
  const { region } = settings;
  const stackFolder = join(product, 'stacks', service.name);
  const restApiName = `${settings.name}-${service.name}`;
  const model =
    endpoint === undefined
      ? readGatewayFromSynth(stackFolder, {
          region,
          // Without a deployment there is no power function that could publish whether the host sleeps.
          environment: { ORIGIN_CA: material.authority, POWER_STATE_URL: undefined, ...origin.environment },
        })
      : await readGatewayFromEmulator({ endpoint, region, restApiName, stackFolder });
  try {
    const log = ({ source, text }: { source: string; text: string }) => {
      if (source === 'access') knocked();
      if (source === 'stdout') written?.(text);
    };
    const environment = {
      ...origin.environment,
      ...emulatedState(model.function.environment.POWER_STATE_URL, endpoint),
    };
    return { service, origin, door: await openDoor({ model, environment, port, log }) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new UserError(`port ${port} is taken: choose another with --port ${service.name}=N`, { cause: error });
  }
}

/** The published state lies in the emulated S3, which has one address for all buckets. */
function emulatedState(url: string | undefined, endpoint: string | undefined): Record<string, string> {
  if (url === undefined || endpoint === undefined) return {};
  const { hostname, pathname } = new URL(url);
  return { POWER_STATE_URL: `${endpoint}/${hostname.split('.')[0]}${pathname}` };
}
