import { execFileSync } from 'node:child_process';

/**
 * A network namespace for each of three nodes, all on one bridge of this machine. A node can be cut off from the others while the door
 * still reaches it: the partition that is hardest to notice from outside.
 */
export class NodeNetworks {
  readonly addresses: readonly [string, string, string];
  private readonly bridge: string;
  private readonly prefix: string;

  constructor() {
    const own = process.pid % 10_000;
    this.bridge = `sgb${own}`;
    this.prefix = `sgn${own}`;
    const network = `10.213.${process.pid % 250}`;
    this.addresses = [10, 11, 12].map((last) => `${network}.${last}`) as [string, string, string];
    ip(`link add ${this.bridge} type bridge`);
    ip(`addr add ${network}.1/24 dev ${this.bridge}`);
    ip(`link set ${this.bridge} up`);
    for (const [node, address] of this.addresses.entries()) {
      const name = this.namespace(node);
      ip(`netns add ${name}`);
      ip(`link add ${name} type veth peer name eth0 netns ${name}`);
      ip(`link set ${name} master ${this.bridge} up`);
      ip(`-n ${name} addr add ${address}/24 dev eth0`);
      ip(`-n ${name} link set lo up`);
      ip(`-n ${name} link set eth0 up`);
    }
  }

  /** What a program is started with to live in a node's network. */
  inside(node: number): string[] {
    return ['ip', 'netns', 'exec', this.namespace(node)];
  }

  /** From now on nothing that a node sends reaches the others. */
  cutOff(node: number): void {
    for (const other of this.others(node)) ip(`-n ${this.namespace(node)} route add blackhole ${other}/32`);
  }

  heal(node: number): void {
    for (const other of this.others(node)) ip(`-n ${this.namespace(node)} route del blackhole ${other}/32`);
  }

  remove(): void {
    for (const node of this.addresses.keys()) ip(`netns del ${this.namespace(node)}`);
    ip(`link del ${this.bridge}`);
  }

  private namespace(node: number): string {
    return `${this.prefix}-${node}`;
  }

  private others(node: number): string[] {
    return this.addresses.filter((_, other) => other !== node);
  }
}

function ip(words: string): void {
  execFileSync('ip', words.split(' '), { stdio: ['ignore', 'ignore', 'inherit'] });
}
