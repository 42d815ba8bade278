/** How much a deployment is used in a month. All but the hours are guesses that a flag replaces. */
export interface Usage {
  /** Hours that the host runs. */
  readonly hours: number;
  /** Hours from one wake to the next sleep. */
  readonly hoursPerWake: number;
  /** Requests through all doors in an hour that the host runs. */
  readonly requestsPerHour: number;
  /** Milliseconds that a forwarder works on one request. */
  readonly requestMilliseconds: number;
  /** KB that a client gets for one request. */
  readonly answerKilobytes: number;
  /** Bytes of access log and forwarder log for one request. */
  readonly logBytes: number;
  /** Share of requests that X-Ray records: the first in a second and 5 % of the others. */
  readonly tracedShare: number;
  /** Average load of a processor while the host runs, in percent. */
  readonly cpuPercent: number;
  /** GB in the snapshot bucket. */
  readonly snapshotGigabytes: number;
  /** GB that are indexed, as they lie on the disk of one copy. Counts in a cluster alone, whose copies are in different zones. */
  readonly indexedGigabytes: number;
}

/** Hours of an average month, as AWS counts them. */
export const hoursPerMonth = 730;

export const usualUsage: Omit<Usage, 'hours'> = {
  hoursPerWake: 4,
  requestsPerHour: 500,
  requestMilliseconds: 50,
  answerKilobytes: 20,
  logBytes: 1_000,
  tracedShare: 0.5,
  cpuPercent: 15,
  snapshotGigabytes: 5,
  indexedGigabytes: 5,
};
