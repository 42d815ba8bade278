/** What has to be ended, in the opposite order of its beginning, whatever happens. */
export class Closing {
  private readonly ends: { name: string; end: () => Promise<void> }[] = [];
  private closed: Promise<void> | undefined;

  add(name: string, end: () => Promise<void>): void {
    this.ends.push({ name, end });
  }

  /** Ends everything once. What can't be ended is named and stops nothing else. */
  all(complain: (text: string) => void): Promise<void> {
    this.closed ??= this.endAll(complain);
    return this.closed;
  }

  private async endAll(complain: (text: string) => void): Promise<void> {
    for (let last = this.ends.pop(); last !== undefined; last = this.ends.pop()) {
      try {
        await last.end();
      } catch (error) {
        complain(`${last.name} did not end: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  }
}
