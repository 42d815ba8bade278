import fc from 'fast-check';
import type { TransferMode } from '../../../local/door';
import { describeWith } from '../../requirements';
import { actualAnswer, actualRequest, expectedAnswer, expectedRequest, shownAnswer, shownRequest } from './differences';
import { answers, type PlannedAnswer, requests, written } from './generated';
import { type RawOrigin, type RawRequest, startRawOrigin } from './raw-origin';
import { publicName, TestBed } from './test-bed';
import { directLine, doorLine, type Line } from './wire';

const credentials = ['Authorization', 'Basic ZWxhc3RpYzplbGFzdGlj'] as const;
const plain: PlannedAnswer = {
  status: 200,
  fields: [['Content-Type', 'text/plain']],
  body: Buffer.from('done'),
  framing: 'length',
  interim: false,
  trailers: [],
};

describeWith(['openssl'], 'nothing can tell the door from a direct line', () => {
  let bed: TestBed;
  let origin: RawOrigin;
  let direct: Line;
  let planned = plain;

  beforeAll(async () => {
    bed = new TestBed();
    origin = await startRawOrigin(bed.certificate(), ({ method }) => written(method, planned));
    direct = directLine(origin, bed.authority, publicName);
  });
  afterAll(async () => {
    direct?.close();
    await bed?.close();
    await origin?.close();
  });
  beforeEach(() => {
    planned = plain;
    origin.taken();
  });

  describe.each<TransferMode>(['STREAM', 'BUFFERED'])('%s', (mode) => {
    let door: Line;

    beforeAll(async () => {
      door = doorLine(await bed.door(origin, { mode }), publicName);
    });
    afterAll(() => door?.close());

    test('the origin gets any request as it would without a door: method, path, query, fields and body', async () => {
      await fc.assert(
        fc.asyncProperty(requests.filter(isTaken), async (generated) => {
          const request = { ...generated, fields: [credentials, ...(generated.fields ?? [])] };
          await direct.send(request);
          const { status } = await door.send(request);
          expect(status).toBe(200);
          const [one, other] = origin.taken() as [RawRequest, RawRequest];
          expect(shownRequest(actualRequest(other))).toEqual(shownRequest(expectedRequest(one)));
        }),
        { numRuns: 150 },
      );
    }, 120_000);

    test('the client gets any answer as it would without a door: status, fields and bytes', async () => {
      await fc.assert(
        fc.asyncProperty(answers, async ({ method, answer }) => {
          planned = answer;
          const request = { method, target: '/_search?pretty', fields: [credentials] };
          const [one, other] = [await direct.send(request), await door.send(request)];
          expect(shownAnswer(actualAnswer(other))).toEqual(shownAnswer(expectedAnswer(one, method, mode)));
        }),
        { numRuns: 150 },
      );
    }, 120_000);
  });
});

/** Not what API Gateway refuses, which differs and is said to. */
function isTaken({ target }: { target: string }): boolean {
  return !/\?.*[|{}]/.test(target);
}
