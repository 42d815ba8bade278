import { readSettings, SettingsError } from '../settings';
import example from '../settings/example.json';

const [search, kibana] = example.services;
const open = { services: [{ ...search, allowedCidrs: ['0.0.0.0/0'] }, kibana] };
const wakeTokenHash = 'ab'.repeat(32);

function refused(change: object): string[] {
  try {
    readSettings({ ...example, ...change });
  } catch (error) {
    if (error instanceof SettingsError) return error.mistakes.map(({ path }) => path);
    throw error;
  }
  return [];
}

test('without a word about it a host sleeps after half an hour and wakes by whoever may knock', () => {
  expect(readSettings(example).settings.power).toEqual({
    enabled: true,
    idleStop: true,
    idleMinutes: 30,
    graceMinutes: 20,
    wakesPerDay: 20,
    holdSeconds: 25,
  });
});

test('a door that is open to everybody wakes by a token or not at all', () => {
  expect(refused(open)).toEqual(['services[0].wake']);
  expect(refused({ ...open, power: { wakeTokenHash } })).toEqual([]);
  expect(refused({ ...open, power: { enabled: false } })).toEqual([]);
  expect(refused({ services: [{ ...search, allowedCidrs: ['0.0.0.0/0'], wake: false }, kibana] })).toEqual([]);
});

test.each([['0.0.0.0/1'], ['128.0.0.0/1'], ['::/0'], ['2000::/3']])('%s is everybody too', (cidr) => {
  expect(refused({ services: [{ ...search, allowedCidrs: [cidr] }, kibana] })).toEqual(['services[0].wake']);
});

test('a schedule has a start, a stop or both, a time zone that exists, and times of day', () => {
  expect(refused({ power: { schedule: {} } })).toEqual(['power.schedule']);
  expect(refused({ power: { schedule: { start: '08:00' } } })).toEqual([]);
  expect(refused({ power: { schedule: { stop: '24:00' } } })).toContain('power.schedule.stop');
  expect(refused({ power: { schedule: { start: '08:00', timeZone: 'Europe/Bärlin' } } })).toContain(
    'power.schedule.timeZone',
  );
  expect(refused({ power: { schedule: { start: '08:00', days: ['MONDAY'] } } })).toContain('power.schedule.days[0]');
});

test('the idle time is longer than any request, so that none is cut off', () => {
  expect(refused({ power: { idleMinutes: 15 } })).toEqual(['power.idleMinutes']);
  expect(refused({ power: { idleMinutes: 20 } })).toEqual([]);
});

test('a token stands in the settings as its hash only', () => {
  expect(refused({ power: { wakeTokenHash: 'correct-horse' } })).toEqual(['power.wakeTokenHash']);
});

test('a host that nothing wakes but people is warned about', () => {
  const services = [
    { ...search, wake: false },
    { ...kibana, wake: false },
  ];
  expect(readSettings({ ...example, services }).warnings).toEqual([expect.stringContaining('npm run power -- start')]);
  expect(readSettings({ ...example, services, power: { schedule: { start: '08:00' } } }).warnings).toEqual([]);
});

test('a budget and hours want somebody to tell, and hours somebody who counts', () => {
  const email = 'somebody@example.com';
  expect(refused({ alarms: { monthlyBudget: 15, monthlyHours: 150 } })).toEqual([
    'alarms.monthlyBudget',
    'alarms.monthlyHours',
  ]);
  expect(refused({ alarms: { email, monthlyBudget: 15, monthlyHours: 150 } })).toEqual([]);
  expect(refused({ alarms: { email, monthlyBudget: 15, monthlyHours: 150 }, power: { enabled: false } })).toEqual([
    'alarms.monthlyHours',
  ]);
  expect(refused({ alarms: { email, monthlyBudget: 0, monthlyHours: 745, budgetFor: 'me' } }).sort()).toEqual([
    'alarms.budgetFor',
    'alarms.monthlyBudget',
    'alarms.monthlyHours',
  ]);
});
