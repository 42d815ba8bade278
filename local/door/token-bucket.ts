import type { Throttle } from './model';

/** Lets `rate` requests a second pass, and up to `burst` at once. */
export class TokenBucket {
  private tokens: number;
  private filled: number;

  /** @param now milliseconds of any clock that only goes forward. */
  constructor(
    private readonly throttle: Throttle,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.tokens = throttle.burst;
    this.filled = now();
  }

  /** Whether one more may pass. */
  take(): boolean {
    const { rate, burst } = this.throttle;
    const now = this.now();
    this.tokens = Math.min(burst, this.tokens + ((now - this.filled) / 1000) * rate);
    this.filled = now;
    if (this.tokens < 1) return false;
    this.tokens -= 1;
    return true;
  }
}
