import type { Configuration, PowerConfiguration } from '../configuration';
import { type GatewayEvent, headerOf } from '../event';
import { errorCode, Failure, type FailureType } from '../failure';
import { type PublishedState, readState, startedWithin } from './published-state';
import { reads } from './rise';
import { mayWake } from './wake-right';
import { wakingPage } from './waking-page';

/** A start that takes longer than this, in milliseconds, is no start any more. */
const longestStart = 15 * 60_000;
/** An order to start that is older than this, in milliseconds, may be given again. */
const staleOrder = 2 * 60_000;
/** Milliseconds between two tries while a request is held. */
const betweenTries = 1_500;
/** Milliseconds that a write waits for its answer, within the default timeout of every official client. */
const pause = 8_000;
/** Milliseconds of Lambda's time that are left for an answer. */
const reserve = 1_500;

/** What to do with a request whose host did not answer. */
export type Step = { readonly kind: 'retry' } | { readonly kind: 'answer'; readonly failure: Failure };

/** One request whose host is away: why, whether it wakes the host, and how long it is held. */
export class Absence {
  private readonly until: number;
  private asked = false;

  /** @param remaining milliseconds that Lambda gives the request yet */
  constructor(
    private readonly event: GatewayEvent,
    private readonly configuration: Configuration,
    private readonly power: PowerConfiguration,
    remaining: number,
  ) {
    this.until = Date.now() + Math.min(power.hold, remaining - reserve);
  }

  /**
   * What is the matter, and what follows from it.
   *
   * @param told writes the line that the power function gets; called once, however often the request is tried again
   */
  async next(failure: Failure, told: (type: FailureType, wakes: boolean) => void): Promise<Step> {
    const state = await readState(this.power.stateUrl);
    const { type, detail, startable } = this.finding(failure, state);
    const may = mayWake(this.event, this.power);
    const ordered = state?.state === 'waking' && Date.now() - state.since < staleOrder;
    const wakes = may && startable && !ordered;
    const shown = type === 'host_asleep' && may ? 'host_booting' : type;
    if (!this.asked) told(type, wakes);
    this.asked = true;

    if (shown === 'host_booting' && (await this.patience())) return { kind: 'retry' };
    return { kind: 'answer', failure: this.presented(failure, type, shown, detail, state) };
  }

  /**
   * The same for a 503 of the host's own: a Kibana that is not ready, an Elasticsearch that has not found its shards yet.
   *
   * @param comesBack whether it says when to come back
   * @returns undefined where that answer is the best that there is
   */
  async unready(comesBack: boolean): Promise<Step | undefined> {
    if (this.wantsPage() && !comesBack) return undefined;
    const state = await readState(this.power.stateUrl);
    const booting = new Failure('host_booting');
    const answer = (): Step => ({
      kind: 'answer',
      failure: this.presented(booting, 'host_booting', 'host_booting', undefined, state),
    });
    if (this.wantsPage()) return answer();
    if (state && !startedWithin(state, longestStart)) return undefined;
    if (await this.patience()) return { kind: 'retry' };
    return this.reads() ? answer() : undefined;
  }

  /**
   * Waits a little for a host that is coming. A read is worth another try afterwards. A write is never sent late, since its
   * client may have left and come again; its answer is only given slowly, because clients that ignore Retry-After would
   * otherwise have used up their tries within a second.
   *
   * @returns whether to try again
   */
  private async patience(): Promise<boolean> {
    const left = this.until - Date.now();
    if (this.wantsPage()) return false;
    const again = this.reads();
    const time = again ? betweenTries : Math.min(pause, left);
    if (left < time || time <= 0) return false;
    await new Promise((resolve) => setTimeout(resolve, time));
    return again;
  }

  /** Whether a person looks at the answer. */
  wantsPage(): boolean {
    const mode = headerOf(this.event, 'sec-fetch-mode');
    const accepts = (headerOf(this.event, 'accept') ?? '').includes('text/html');
    return this.isSafe() && accepts && (mode === undefined || mode === 'navigate');
  }

  /** What is known of the host: a machine that refuses is there, one that is silent may be off. */
  private finding(
    failure: Failure,
    state: PublishedState | undefined,
  ): { type: FailureType; detail?: string; startable: boolean } {
    const refused = isThere(failure);
    const began = state?.state === 'running' ? (state.runningSince ?? state.since) : state?.since;
    const young = began !== undefined && Date.now() - began < longestStart;
    switch (state?.state) {
      case 'failed':
        return { type: 'host_start_failed', detail: state.failure, startable: true };
      case 'limited':
        return { type: 'wake_limit_reached', startable: false };
      case 'gone':
        return { type: 'host_gone', startable: false };
      case 'waking':
        return { type: young ? 'host_booting' : 'origin_unreachable', startable: !refused };
      case 'running':
        // Somebody may have stopped it a moment ago: the power function looks for itself.
        return { type: young ? 'host_booting' : 'origin_unreachable', startable: !refused };
      default:
        return refused ? { type: 'host_booting', startable: false } : { type: 'host_asleep', startable: true };
    }
  }

  private presented(
    failure: Failure,
    type: FailureType,
    shown: FailureType,
    detail: string | undefined,
    state: PublishedState | undefined,
  ): Failure {
    if (type === 'origin_unreachable') return failure;
    const reason = detail ?? (type === 'host_asleep' ? this.whyAsleep(shown) : undefined);
    if (!this.wantsPage()) return new Failure(type, reason, failure.cause);
    const page = wakingPage({
      service: this.configuration.service,
      type: shown,
      detail: shown === 'host_booting' ? undefined : reason,
      seconds: state?.state === 'waking' ? Math.round((Date.now() - state.since) / 1000) : undefined,
      machineOn: shown === 'host_booting' && (failure.type === 'host_booting' || isThere(failure)),
    });
    return new Failure(type, reason, failure.cause, page);
  }

  private whyAsleep(shown: FailureType): string {
    if (shown === 'host_booting') return 'it is being woken, which usually takes about two minutes';
    if (this.power.wake === 'never') return 'only its operator and its schedule wake it';
    if (this.power.tokenHash !== undefined) return 'waking it takes a wake token';
    return 'only a visit by a browser wakes it';
  }

  /** Whether sending it twice, or after its client has left, changes nothing. */
  private reads(): boolean {
    return this.isSafe() || (this.event.httpMethod === 'POST' && reads.test(this.event.path ?? ''));
  }

  private isSafe(): boolean {
    return this.event.httpMethod === 'GET' || this.event.httpMethod === 'HEAD';
  }
}

/** A machine that refuses or breaks off is there. */
function isThere({ type, cause }: Failure): boolean {
  return errorCode(cause) === 'ECONNREFUSED' || type === 'origin_reset';
}
