import { AwsAccount } from './aws-account';
import { readConfiguration } from './configuration';
import { occasionOf, type PowerEvent } from './occasion';
import { carryOut, type Log } from './power';
import { ranThisMonth } from './running-hours';
import { formatDocument } from './state-document';

const configuration = readConfiguration(process.env);
const account = new AwsAccount(configuration);

const log: Log = (level, event, fields = {}) => {
  process.stdout.write(`${JSON.stringify({ level, event, ...fields })}\n`);
};

/** Lambda's handler. It answers people with the state document. */
export async function handler(event: PowerEvent): Promise<object> {
  try {
    const occasion = occasionOf(event, Date.now());
    if (occasion === undefined) return {};
    const document = await carryOut(occasion, account, configuration.policy, log);
    const hoursThisMonth = Math.round(ranThisMonth(document, Date.now()) / 360_000) / 10;
    return { ...(JSON.parse(formatDocument(document)) as object), hoursThisMonth };
  } catch (error) {
    log('ERROR', 'power_failed', {
      reason: error instanceof Error ? `${error.name}: ${error.message}` : String(error),
    });
    throw error;
  }
}
