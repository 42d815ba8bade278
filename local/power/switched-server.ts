import { keepSilent } from './silence';

/**
 * A server on this machine that goes on and off with its host. While it is off its port is taken and silent, as an address in a VPC
 * is whose host is switched off.
 */
export class SwitchedServer {
  private running: { stop(): Promise<void> } | undefined;
  private silence: { end(): void } | undefined;
  private starting = false;

  /** @param start starts it on its port, the same each time, with what it kept */
  constructor(
    private readonly port: number,
    private readonly start: () => Promise<{ stop(): Promise<void> }>,
  ) {}

  /** Resolves once it answers. Until then its port refuses, as a machine does that boots. */
  async on(): Promise<void> {
    if (this.running !== undefined) return;
    this.silence?.end();
    this.silence = undefined;
    this.starting = true;
    try {
      this.running = await this.start();
    } finally {
      this.starting = false;
    }
  }

  get isOn(): boolean {
    return this.running !== undefined;
  }

  /** Resolves once it has ended and its port is silent. */
  async off(): Promise<void> {
    await this.end();
    this.silence ??= await keepSilent(this.port);
  }

  /** For good. One that is just starting is left to whoever ends this process's children. */
  async close(): Promise<void> {
    this.silence?.end();
    if (!this.starting) await this.end();
  }

  private async end(): Promise<void> {
    await this.running?.stop();
    this.running = undefined;
  }
}
