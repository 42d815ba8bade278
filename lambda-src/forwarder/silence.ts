/** Milliseconds without an answer after which it is first looked whether the node is there; each further look waits twice as long. */
const firstLook = 500;

/**
 * A request that has no answer yet, where another node could have been asked. A node that is slow still takes connections; one
 * that has been cut off or halted does not, and over a kept connection nothing else would tell.
 */
export class Silence {
  private timer: NodeJS.Timeout;
  private over = false;
  private missed = 0;

  /**
   * @param isThere whether the node takes a new connection
   * @param patience after how many looks in a row that did not find it there it counts as gone
   * @param gone called once
   */
  constructor(
    private readonly isThere: () => Promise<boolean>,
    private readonly patience: number,
    private readonly gone: () => void,
  ) {
    this.timer = this.lookAfter(firstLook);
  }

  end(): void {
    this.over = true;
    clearTimeout(this.timer);
  }

  private lookAfter(milliseconds: number): NodeJS.Timeout {
    return setTimeout(async () => {
      const there = await this.isThere();
      if (this.over) return;
      this.missed = there ? 0 : this.missed + 1;
      if (this.missed === this.patience) this.gone();
      else this.timer = this.lookAfter(2 * milliseconds);
    }, milliseconds);
  }
}
