import { describeStatus, troubles } from '../host-status/describe';
import { lookAtHosts } from '../host-status/look';
import { addressFlags, addressFlagsHelp } from '../operations/search-client';
import { loadSettings } from '../settings';
import { readFlags, runCommand } from './terminal';

const help = `
npm run host:status: how the host is, from outside: its machine, what setup did at its last boot, services, versions, disk, heap, last snapshot, certificates.

It asks EC2, reads what the host reports every five minutes while it is awake, and asks Elasticsearch through the search door while the host runs: it never wakes
one that sleeps. What it cannot see, for want of rights or because nobody answers, it names. Ends with 1 where the host tells of trouble,
its last setup failed, or it runs and has reported nothing for 20 minutes.

  --json                     the answer for programs
${addressFlagsHelp}
`;

void runCommand(async () => {
  const { values } = readFlags(help, { json: { type: 'boolean', default: false }, ...addressFlags });
  const { settings } = loadSettings();
  const status = await lookAtHosts(settings, values);
  console.log(values.json ? JSON.stringify(status, null, 2) : describeStatus(status));
  return troubles(status).length === 0 ? 0 : 1;
});
