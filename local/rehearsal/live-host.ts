import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Settings } from '../../settings';
import { readZipPathFromSynth } from '../door/read-synth';
import { followHost } from '../power/follow-host';
import { LivePower } from '../power/live-power';
import type { SwitchedServer } from '../power/switched-server';

export interface LiveHostOptions {
  readonly settings: Settings;
  /** The emulated AWS. */
  readonly endpoint: string;
  /** The product's own synth. */
  readonly product: string;
  /** Minutes without use until the host is stopped, in place of those that are deployed; checks then come oftener too. */
  readonly sleepAfter?: number;
  /** Seconds that the machine takes before its servers start. @default 0 */
  readonly bootSeconds?: number;
  /** A word and what it means, whenever something happens. */
  readonly tell: (state: string, what: string) => void;
}

/** The host's power, at work on this machine: the power function's real zip decides, and servers here follow the emulated instance. */
export class LiveHost {
  private follower: { stop(): Promise<void> } | undefined;
  /** The door at which somebody last asked for a host that was away. */
  private asked: string | undefined;
  private state: 'awake' | 'booting' | 'stopping' | 'asleep' = 'awake';
  private readonly waiting = new Set<() => void>();
  private readonly ending = new AbortController();

  private constructor(
    private readonly options: LiveHostOptions,
    private readonly servers: readonly SwitchedServer[],
    private power: LivePower,
  ) {}

  /** @param servers what runs on the host; they are on */
  static async start(options: LiveHostOptions, servers: readonly SwitchedServer[]): Promise<LiveHost> {
    const { settings, endpoint, product, sleepAfter } = options;
    const { region, name, services } = settings;
    let live: LiveHost | undefined;
    const short =
      sleepAfter === undefined
        ? {}
        : {
            // Without a grace the first look after a wake would find that nobody has used the host yet.
            environment: { IDLE_MINUTES: `${sleepAfter}`, GRACE_MINUTES: `${sleepAfter}` },
            every: Math.min(600_000, Math.max(1_000, sleepAfter * 10_000)),
          };
    const power = await LivePower.start({
      ...short,
      endpoint,
      region,
      functionName: `${name}-power`,
      zip: readFileSync(readZipPathFromSynth(join(product, 'stacks/power'))),
      runtimePackages: resolve(__dirname, '../../node_modules'),
      logGroups: services.map((service) => logGroup(settings, service.name)),
      log: (text) => live?.powerSaid(text),
    });
    live = new LiveHost(options, servers, power);
    live.follow();
    return live;
  }

  /** A line that a forwarder wrote. */
  written(service: string, line: string): void {
    if (fieldsOf(line).event === 'origin_unreachable' && fieldsOf(line).wake === true) this.asked = service;
    this.power.written(logGroup(this.options.settings, service), line).catch((error: Error) => this.failed(error));
  }

  /** Invokes the power function, as `npm run power` would. */
  order(event: object): Promise<Record<string, unknown>> {
    return this.power.order(event);
  }

  /** Whether everything on the host answers. */
  get isAwake(): boolean {
    return this.state === 'awake';
  }

  /** Resolves once the host and everything on it are so. */
  async until(state: 'awake' | 'asleep'): Promise<void> {
    while (this.state !== state) await new Promise<void>((resolve) => this.waiting.add(resolve));
  }

  async close(): Promise<void> {
    this.ending.abort();
    await this.follower?.stop();
    await this.power.close();
  }

  private follow(): void {
    const { endpoint, settings, bootSeconds = 0 } = this.options;
    let known = true;
    this.follower = followHost({ endpoint, region: settings.region, name: settings.name }, async (running) => {
      if (running === known) return;
      known = running;
      const began = performance.now();
      try {
        if (running) {
          this.become('booting', 'EC2 runs the host; its servers start');
          await wait(bootSeconds * 1_000, undefined, { signal: this.ending.signal });
          await Promise.all(this.servers.map((server) => server.on()));
          this.become(
            'awake',
            `everything answers, ${((performance.now() - began) / 1000).toFixed(1)} s after the start`,
          );
        } else {
          this.become('stopping', 'EC2 has stopped the host; its servers end');
          await Promise.all(this.servers.map((server) => server.off()));
          this.become('asleep', 'what was stored stays; a visit or a client wakes it');
        }
      } catch (error) {
        if (!this.ending.signal.aborted) this.failed(error);
      }
    });
  }

  private become(state: typeof this.state, what: string): void {
    this.state = state;
    this.options.tell(state, what);
    for (const resolve of this.waiting) resolve();
    this.waiting.clear();
  }

  /** What the power function writes, for people. */
  private powerSaid(text: string): void {
    const { event, reason } = fieldsOf(text);
    const { tell } = this.options;
    const who = this.asked === undefined ? '' : `somebody asked for ${this.asked}: `;
    if (event === 'starting') tell('power', `${who}the power function starts the host`);
    else if (event === 'stopping') tell('power', 'the power function stops the host');
    else if (event === undefined) tell('power', text);
    else if (event !== 'left_to_others') tell('power', `${event}${reason === undefined ? '' : `: ${reason}`}`);
  }

  private failed(error: unknown): void {
    this.options.tell('failed', error instanceof Error ? error.message : String(error));
  }
}

function logGroup({ name }: Settings, service: string): string {
  return `/aws/lambda/${name}-${service}`;
}

function fieldsOf(line: string): { event?: unknown; wake?: unknown; reason?: unknown } {
  try {
    return (JSON.parse(line) as object | null) ?? {};
  } catch {
    return {};
  }
}
