import { join } from 'node:path';
import { type Door, type DoorLogLine, openDoor, readGatewayFromSynth, type TransferMode } from '../../../local/door';
import { type CertificateAuthority, makeCertificateAuthority, type ServerCertificate } from '../../certificates';
import { type Block, services, synthesized } from '../../synthesized';

/** The name that the origin's certificate has to carry, and the host name that the example's settings give the search door. */
export const serverName = 'search.searchgate.internal';
export const publicName = 'search.example.com';

export interface DoorSettings {
  readonly mode?: TransferMode;
  /** @default far more than a test sends */
  readonly throttle?: { readonly rate: number; readonly burst: number };
  /** Further settings of the service, such as `requireAuthorization`. */
  readonly service?: Block;
  /** @default search */
  readonly name?: 'search' | 'kibana';
}

/** A server under the test's authority, as the two ways to it are told. */
export interface Server {
  /** One IP address, or those of several nodes, with commas. */
  readonly address: string;
  readonly port: number;
}

/**
 * What the suites of real clients share: a certificate authority, and doors as the synthesized stacks describe them, with the very
 * zip in front of a server of the test's. Made in beforeAll, closed in afterAll.
 */
export class TestBed {
  readonly lines: DoorLogLine[] = [];
  private readonly doors: Door[] = [];

  constructor(readonly authority: CertificateAuthority = makeCertificateAuthority()) {}

  /** A certificate that the forwarder accepts. */
  certificate(name: 'search' | 'kibana' = 'search'): ServerCertificate {
    return this.authority.issue([`${name}.searchgate.internal`]);
  }

  async door(server: Server, settings: DoorSettings = {}): Promise<Door> {
    const { mode = 'STREAM', throttle = { rate: 10_000, burst: 5_000 }, service = {}, name = 'search' } = settings;
    const response = mode === 'STREAM' ? 'streaming' : 'buffered';
    // The server is always there: what a door does while its host sleeps is no matter of clients' dialects.
    const { folder } = synthesized({
      ...services({ [name]: { response, throttle, ...service } }),
      power: { enabled: false },
    });
    const environment = {
      ORIGIN_ADDRESSES: server.address,
      ORIGIN_PORT: `${server.port}`,
      ORIGIN_CA: this.authority.certificate,
    };
    const model = readGatewayFromSynth(join(folder, 'stacks', name), { environment });
    const modes = new Set(model.routes.map(({ transferMode }) => transferMode));
    if (modes.size !== 1 || !modes.has(mode)) throw new Error(`the synthesized ${name} is ${[...modes]}, not ${mode}`);
    const door = await openDoor({ model, log: (line) => this.lines.push(line) });
    this.doors.push(door);
    return door;
  }

  async close(): Promise<void> {
    await this.closeDoors();
    this.authority.remove();
  }

  /** For an authority that others go on using. */
  async closeDoors(): Promise<void> {
    await Promise.all(this.doors.splice(0).map((door) => door.close()));
  }
}
