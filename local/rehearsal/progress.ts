/** Tells whoever watches what is going on: a line a step with its time, and on a terminal a moving last line. */
export class Progress {
  private readonly terminal: boolean;
  private moving: NodeJS.Timeout | undefined;
  private doing = '';

  constructor(
    private readonly output: NodeJS.WriteStream | { write(text: string): unknown; isTTY?: boolean } = process.stdout,
  ) {
    this.terminal = output.isTTY === true;
  }

  /** A line of its own. */
  line(text = ''): void {
    this.wipe();
    this.output.write(`${text}\n`);
  }

  /**
   * Does a step and writes one line about it: its name, what came of it, how long it took.
   *
   * @param work does it; what it says with `say` moves along on a terminal and is not kept
   * @param outcome what came of it, in a few words
   */
  async step<Result>(
    name: string,
    work: (say: (text: string) => void) => Promise<Result> | Result,
    outcome: (result: Result) => string = () => '',
  ): Promise<Result> {
    const start = performance.now();
    const seconds = (): string => `${((performance.now() - start) / 1_000).toFixed(1)} s`;
    this.doing = '';
    if (this.terminal) {
      this.moving = setInterval(() => {
        this.wipe();
        this.output.write(`  … ${name.padEnd(16)} ${this.doing} ${seconds()}`.slice(0, 110));
      }, 200);
    }
    try {
      const result = await work((text) => {
        this.doing = text;
      });
      this.line(`  ✓ ${name.padEnd(16)} ${outcome(result).padEnd(64)} ${seconds().padStart(8)}`);
      return result;
    } catch (error) {
      this.line(`  ✗ ${name.padEnd(16)} ${'failed'.padEnd(64)} ${seconds().padStart(8)}`);
      throw error;
    } finally {
      clearInterval(this.moving);
    }
  }

  /** A heading with indented rows of cells, the cells of a column aligned. */
  table(heading: string, rows: readonly (readonly string[])[]): void {
    if (rows.length === 0) return;
    const widths: number[] = [];
    for (const row of rows) {
      for (const [column, cell] of row.slice(0, -1).entries())
        widths[column] = Math.max(widths[column] ?? 0, cell.length);
    }
    this.line();
    this.line(`  ${heading}`);
    for (const row of rows)
      this.line(`    ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd());
  }

  private wipe(): void {
    if (this.terminal) this.output.write('\r\u001b[2K');
  }
}
