/** Milliseconds for which a node that failed is asked last. */
const remembered = 10_000;

/**
 * The nodes behind a door: requests go to them in turn, and to those that failed a moment ago only where no other answers. What
 * is remembered was seen by requests of users; nothing is sent for its sake, and each function instance has its own memory.
 */
export class Nodes {
  private readonly failures = new Map<string, number>();
  private turn: number;

  constructor(private readonly addresses: readonly [string, ...string[]]) {
    // Instances that start together do not all begin with the same node.
    this.turn = Math.floor(Math.random() * addresses.length);
  }

  get several(): boolean {
    return this.addresses.length > 1;
  }

  /** All addresses, in the order in which the next request tries them. */
  inTurn(): readonly [string, ...string[]] {
    const { addresses, failures } = this;
    if (!this.several) return addresses;
    this.turn = (this.turn + 1) % addresses.length;
    const turned = [...addresses.slice(this.turn), ...addresses.slice(0, this.turn)];
    const oldest = Date.now() - remembered;
    const failed = (address: string) => (failures.get(address) ?? 0) > oldest;
    return [...turned.filter((address) => !failed(address)), ...turned.filter(failed)] as [string, ...string[]];
  }

  failed(address: string): void {
    this.failures.set(address, Date.now());
  }

  answered(address: string): void {
    this.failures.delete(address);
  }
}
