import { monthlyBill, total } from '../costs/bill';
import type { Line } from '../costs/line';
import { type Prices, pricedRegions, pricesOf } from '../costs/prices';
import { suggestions } from '../costs/suggestions';
import { hoursPerMonth, type Usage, usualUsage } from '../costs/usage';
import { loadSettings } from '../settings';
import { readFlags, runCommand, UserError } from './terminal';

const help = `
npm run cost: a month's bill for these settings, line by line, and what it would be with more or less use.

  SEARCHGATE_SETTINGS=FILE   the settings (default settings/example.json)
  --hours N                  hours that the host runs, for the lines in full (default 200)
  --free-tier                take off what every account has free without end; not what only new accounts have
  --prices REGION            the prices of another region; known: ${pricedRegions().join(', ')}
  --json                     for programs

What nobody knows beforehand, with what is assumed:
  --requests N               requests an hour that the host runs (${usualUsage.requestsPerHour})
  --milliseconds N           time of a request in its forwarder (${usualUsage.requestMilliseconds})
  --kilobytes N              size of an answer (${usualUsage.answerKilobytes})
  --cpu N                    load of a processor in percent (${usualUsage.cpuPercent})
  --snapshots N              GB of snapshots (${usualUsage.snapshotGigabytes})
  --indexed N                GB indexed a month, whose copies cross zones in a cluster (${usualUsage.indexedGigabytes})
`;

/** The columns beside the hours asked for. */
const comparedHours = [0, 40, 200, hoursPerMonth];

const flags = {
  hours: { type: 'string', default: '200' },
  'free-tier': { type: 'boolean', default: false },
  prices: { type: 'string' },
  json: { type: 'boolean', default: false },
  requests: { type: 'string' },
  milliseconds: { type: 'string' },
  kilobytes: { type: 'string' },
  cpu: { type: 'string' },
  snapshots: { type: 'string' },
  indexed: { type: 'string' },
} as const;

void runCommand(() => {
  const { values } = readFlags(help, flags);
  const { settings } = loadSettings();
  const region = values.prices ?? settings.region;
  const prices = pricesOf(region);
  if (prices === undefined) {
    throw new UserError(
      `Nobody has written down the prices of ${region} yet: add costs/prices/${region}.json, or count with those of another region by --prices (${pricedRegions().join(', ')}).`,
    );
  }
  const usage: Usage = {
    ...usualUsage,
    hours: quantity('hours', values.hours, hoursPerMonth, 200),
    requestsPerHour: quantity('requests', values.requests, 1e9, usualUsage.requestsPerHour),
    requestMilliseconds: quantity('milliseconds', values.milliseconds, 900_000, usualUsage.requestMilliseconds),
    answerKilobytes: quantity('kilobytes', values.kilobytes, 200_000, usualUsage.answerKilobytes),
    cpuPercent: quantity('cpu', values.cpu, 100, usualUsage.cpuPercent),
    snapshotGigabytes: quantity('snapshots', values.snapshots, 1e6, usualUsage.snapshotGigabytes),
    indexedGigabytes: quantity('indexed', values.indexed, 1e6, usualUsage.indexedGigabytes),
  };
  const free = values['free-tier'] ?? false;
  const bill = monthlyBill(settings, prices, usage, free);
  const months = [...new Set([...comparedHours, usage.hours])]
    .sort((a, b) => a - b)
    .map((hours) => ({ hours, total: total(monthlyBill(settings, prices, { ...usage, hours }, free)) }));
  const withoutSleep = { ...settings, power: { ...settings.power, enabled: false } };
  const alwaysOn = total(monthlyBill(withoutSleep, prices, { ...usage, hours: hoursPerMonth }, free));
  const cheaper = suggestions(settings, prices, usage);
  if (values.json) {
    const { currency, date, source } = prices;
    console.log(
      JSON.stringify(
        {
          name: settings.name,
          prices: { region, currency, date, source },
          freeTier: free,
          usage,
          bill,
          total: total(bill),
          months,
          alwaysOn,
          cheaper,
        },
        null,
        2,
      ),
    );
    return 0;
  }
  print(settings.name, prices, usage, bill, free);
  console.log('\nThe host runs    a month');
  for (const { hours, total: sum } of months) console.log(`${`${hours} h`.padStart(10)} ${money(sum).padStart(12)}`);
  console.log(`${'always on'.padStart(10)} ${money(alwaysOn).padStart(12)}`);
  if (cheaper.length > 0) console.log('\nCheaper settings');
  for (const { setting, because, saves } of cheaper)
    console.log(`  ${money(saves).padStart(8)}  ${setting}: ${because}`);
  return 0;
});

function print(name: string, prices: Prices, usage: Usage, bill: Line[], free: boolean): void {
  console.log(
    `${name}: a month with ${usage.hours} hours of use, in ${prices.currency}\nprices of ${prices.region}, ${prices.date}; no tax; ${free ? 'less what is always free' : 'nothing taken off for free tiers'}\n`,
  );
  const width = Math.max(...bill.map(({ item }) => item.length));
  for (const { item, arithmetic, amount } of bill) {
    console.log(`${money(amount).padStart(10)}  ${item.padEnd(width)}  ${arithmetic}`);
  }
  console.log(`${money(total(bill)).padStart(10)}  in all`);
}

function money(amount: number): string {
  return amount.toFixed(2);
}

/** @throws UserError for anything but a number from 0 to `most` */
function quantity(flag: string, given: string | undefined, most: number, otherwise: number): number {
  if (given === undefined) return otherwise;
  const value = Number(given);
  if (given.trim() === '' || !(value >= 0 && value <= most)) {
    throw new UserError(`--${flag} ${given}: a number from 0 to ${most}`);
  }
  return value;
}
