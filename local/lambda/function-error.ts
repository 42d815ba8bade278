/** A function that failed: it threw, ended, took too long or gave more than it may. */
export class FunctionError extends Error {
  override readonly name = 'FunctionError';

  /** @param type as Lambda names it, such as `Sandbox.Timedout`. */
  constructor(
    readonly type: string,
    message: string,
  ) {
    super(message);
  }
}

/** As many requests at once as the function may have are under way. */
export class Throttled extends Error {
  override readonly name = 'Throttled';

  constructor() {
    super('Rate Exceeded.');
  }
}

/** The request has more bytes than Lambda takes. */
export class EventTooLarge extends Error {
  override readonly name = 'EventTooLarge';
}
