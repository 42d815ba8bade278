import { readFileSync } from 'node:fs';
import { hostInstanceTypes } from '../../constructs/instance-types';
import { monthlyBill, total } from '../../costs/bill';
import type { Line } from '../../costs/line';
import { type Prices, pricedRegions, pricesOf } from '../../costs/prices';
import { suggestions } from '../../costs/suggestions';
import { usualUsage } from '../../costs/usage';
import { readSettings } from '../../settings';
import example from '../../settings/example.json';

const prices = priceList('us-east-1');

function priceList(region: string): Prices {
  const found = pricesOf(region);
  if (found === undefined) throw new Error(`no prices of ${region}`);
  return found;
}

function settingsWith(change: object = {}) {
  return readSettings({ ...example, ...change }).settings;
}

function month(hours: number, change: object = {}, usage: object = {}, free = false): Line[] {
  return monthlyBill(settingsWith(change), prices, { ...usualUsage, hours, ...usage }, free);
}

function amount(bill: Line[], item: string): number {
  const found = bill.filter((line) => line.item === item);
  expect(found).toHaveLength(1);
  return found[0]?.amount ?? Number.NaN;
}

describe("a month's bill", () => {
  it('agrees with the reference design: 200 hours of t4g.medium are 6.72, 30 GiB of gp3 are 2.40', () => {
    const bill = month(200);
    expect(amount(bill, 'compute')).toBeCloseTo(6.72, 10);
    expect(amount(bill, 'root volume') + amount(bill, 'data volume')).toBeCloseTo(2.4, 10);
  });

  it('names what that leaves out: the public address, the zone, snapshots', () => {
    const bill = month(200);
    expect(amount(bill, 'public IPv4')).toBeCloseTo(1, 10);
    expect(amount(bill, 'hosted zone')).toBe(0.5);
    expect(amount(bill, 'snapshots')).toBeGreaterThan(0);
  });

  it('is storage and the zone alone when the host never runs', () => {
    const paid = month(0, { power: { enabled: false } }).filter((line) => line.amount > 0);
    expect(paid.map(({ item }) => item)).toEqual(['root volume', 'data volume', 'snapshots', 'hosted zone']);
  });

  it('has the price of sleeping in it, which is below ten cents, however much the host is used', () => {
    for (const hours of [0, 40, 200, 730]) {
      const bill = month(hours);
      const sleep = bill.filter(({ item }) => item.startsWith('sleep: '));
      expect(total(sleep)).toBeGreaterThan(0.005);
      expect(total(sleep)).toBeLessThan(0.1);
      const without = month(hours, { power: { enabled: false } });
      expect(total(bill) - total(without)).toBeCloseTo(total(sleep), 10);
    }
  });

  it('counts what crosses zones in a cluster: each GB indexed once, and most of what is answered, paid by both sides', () => {
    const three = { host: { nodes: 3 }, network: { zones: ['us-east-1a', 'us-east-1b', 'us-east-1c'] } };
    expect(month(200).map(({ item }) => item)).not.toContain('between zones');
    expect(amount(month(200, three, { indexedGigabytes: 100, answerKilobytes: 0 }), 'between zones')).toBeCloseTo(
      2,
      10,
    );
    expect(amount(month(200, three, { indexedGigabytes: 0, answerKilobytes: 30 }), 'between zones')).toBeCloseTo(
      0.08,
      10,
    );
  });

  it('counts the alarms that are made: three a host, one of snapshots, one of wakes, and two of a cluster', () => {
    const alarms = { email: 'a@example.com' };
    const three = { host: { nodes: 3 }, network: { zones: ['us-east-1a', 'us-east-1b', 'us-east-1c'] } };
    expect(amount(month(0, { alarms }), 'alarms')).toBeCloseTo(0.5, 10);
    expect(amount(month(0, { alarms, snapshots: { enabled: false } }), 'alarms')).toBeCloseTo(0.4, 10);
    expect(amount(month(0, { alarms, ...three }), 'alarms')).toBeCloseTo(1.3, 10);
    expect(amount(month(730, { alarms, ...three }), 'custom metrics')).toBeCloseTo(5 * 0.3, 10);
  });

  it('has an arithmetic in each line that gives its amount', () => {
    const shown = [...month(200), ...month(730, { alarms: { email: 'a@example.com' } }, { cpuPercent: 60 })];
    for (const { item, arithmetic, amount: given } of shown.filter((line) => line.amount > 0)) {
      const sum = (arithmetic.split(' = ').at(-1) ?? '').replace(/\([^)]*\)/g, '').replaceAll(',', '');
      const factors = sum.split('×').map((part) => Number.parseFloat(part.trim()));
      const product = factors.reduce((so, factor) => so * factor, 1) / (sum.includes('a million') ? 1e6 : 1);
      expect(`${item}: ${product.toPrecision(2)}`).toBe(`${item}: ${given.toPrecision(2)}`);
    }
  });

  it('takes off what is free for ever, and never more than was used', () => {
    const some = month(200, {}, {}, true);
    expect(amount(some, 'forwarder requests')).toBe(0);
    expect(amount(some, 'data transfer out')).toBe(0);
    expect(amount(some, 'compute')).toBeCloseTo(6.72, 10);
    const much = month(730, {}, { requestsPerHour: 1e6 }, true);
    expect(amount(much, 'forwarder requests')).toBeCloseTo((730e6 - 1e6) * 2e-7, 6);
    expect(total(some)).toBeLessThan(total(month(200)));
  });

  it('counts CPU credits beyond the baseline, and none where the load stays below or credits are standard', () => {
    expect(amount(month(200), 'surplus CPU credits')).toBe(0);
    const busy = month(200, {}, { cpuPercent: 70 });
    // half a processor above 20 %, on two of them, and 50 boots of 0.1 vCPU-h
    expect(amount(busy, 'surplus CPU credits')).toBeCloseTo((0.5 * 2 * 200 + 5) * 0.04, 10);
    const standard = month(200, { host: { cpuCredits: 'standard' } }, { cpuPercent: 70 });
    expect(standard.map(({ item }) => item)).not.toContain('surplus CPU credits');
  });

  it('counts IOPS and throughput beyond what gp3 has by itself, and a cache by the hour', () => {
    const fast = month(0, { host: { dataVolume: { size: 100, iops: 4000, throughput: 225 } } });
    expect(amount(fast, 'data volume')).toBeCloseTo(100 * 0.08 + 1000 * 0.005 + 100 * 0.04, 10);
    const [search, kibana] = example.services;
    const cached = { ...kibana, response: 'buffered', cache: { size: 0.5, paths: ['/ui'] } };
    expect(amount(month(0, { services: [search, cached] }), 'cache of kibana')).toBeCloseTo(14.6, 10);
  });

  it('is what README says', () => {
    const readme = readFileSync('README.md', 'utf8');
    const sum = (hours: number, change = {}) => total(month(hours, change)).toFixed(2);
    expect(readme).toContain(`**${sum(200)}**`);
    const alwaysOn = sum(730, { power: { enabled: false } });
    expect(readme.replace(/\s+/g, ' ')).toContain(`Asleep all month it is ${sum(0)}, always on ${alwaysOn}.`);
  });

  it('counts an alarm where somebody is told', () => {
    const alarms = { email: 'a@example.com' };
    expect(amount(month(0, { alarms }), 'alarms')).toBeCloseTo(0.5, 10);
    expect(amount(month(0, { alarms, power: { enabled: false } }), 'alarms')).toBeCloseTo(0.4, 10);
    expect(amount(month(0, { alarms: { ...alarms, monthlyHours: 150 } }), 'alarms')).toBeCloseTo(0.6, 10);
    expect(amount(month(0, { alarms: { ...alarms, monthlyBudget: 15 } }), 'budget')).toBe(0);
    expect(month(0, { alarms }).map(({ item }) => item)).not.toContain('budget');
  });

  it('counts what a host sends for its alarms by the hours that it is awake, and nothing where there are none', () => {
    const alarms = { email: 'a@example.com' };
    expect(amount(month(730, { alarms }), 'custom metrics')).toBeCloseTo(0.6, 10);
    expect(amount(month(200, { alarms }), 'custom metrics')).toBeCloseTo((0.6 * 200) / 730, 10);
    expect(amount(month(200, { alarms }), 'metrics sent')).toBeCloseTo(0.024, 10);
    for (const bill of [month(0, { alarms }), month(200)])
      expect(amount(bill, 'custom metrics') + amount(bill, 'metrics sent')).toBe(0);
  });

  it.each(pricedRegions())('has a price in %s for every instance type that a host may have', (region) => {
    expect(Object.keys(priceList(region).instanceHour)).toEqual(expect.arrayContaining(hostInstanceTypes));
  });
});

describe('cheaper settings', () => {
  const suggested = (change: object) =>
    suggestions(settingsWith(change), prices, { ...usualUsage, hours: 200 }).map(({ setting }) => setting);

  it('are none for the example', () => {
    expect(suggested({})).toEqual([]);
  });

  it('name a cheaper type with as much memory and as many processors, and the smallest that holds both', () => {
    expect(suggested({ host: { instanceType: 'm7g.large' } })).toEqual([
      'host.instanceType: t4g.medium',
      'host.instanceType: t4g.large',
    ]);
  });

  it('never name a host that is too small for Elasticsearch and Kibana together', () => {
    for (const instanceType of hostInstanceTypes) {
      for (const setting of suggested({ host: { instanceType } })) {
        expect(setting).not.toMatch(/t4g\.(?:nano|micro|small)|c[67]g\.medium/);
      }
    }
  });

  it('name gp3, a cache that could go, and memory that a forwarder has no use for', () => {
    const [search, kibana] = example.services;
    const dear = suggested({
      host: { dataVolume: { type: 'io2', iops: 5000 } },
      services: [
        { ...search, memory: 4096 },
        { ...kibana, response: 'buffered', cache: { size: 0.5, paths: ['/ui'] } },
      ],
    });
    expect(dear).toEqual(['host.dataVolume.type: gp3', 'services[1].cache: none', 'services[0].memory: 256']);
  });
});
