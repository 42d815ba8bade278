import type { TransferMode } from '../../../local/door';
import { type ApiCall, apiCalls, plainText, wireRequest } from './api-calls';
import { type AnswerParts, actualAnswer, expectedAnswer, shownAnswer } from './differences';
import type { Place } from './place';
import { publicName } from './test-bed';
import { directLine, doorLine, type Line, type WireAnswer } from './wire';

/** Each call of the table direct and through a door, in order: status, fields and bytes have to be the same. */
export function apiSuite(place: () => Place): void {
  describe.each<[TransferMode, string, string]>([
    ['STREAM', 'a', 'b'],
    ['BUFFERED', 'c', 'd'],
  ])('API calls, %s', (mode, own, others) => {
    let direct: Side;
    let door: Side;

    beforeAll(() => {
      const { bed, server, doors } = place();
      direct = new Side(directLine(server, bed.authority, publicName), own);
      door = new Side(doorLine(doors[mode], publicName), others);
    });
    afterAll(() => {
      direct?.line.close();
      door?.line.close();
    });

    test.each(apiCalls.map((call) => [call.name, call] as const))('%s', async (_, call) => {
      const { authorization } = place();
      const [one, other] = [await direct.send(call, authorization), await door.send(call, authorization)];
      expect([one.status, plainText(one.body)]).toEqual([call.status, matching(call.has)]);
      expect(door.shown(actualAnswer(other))).toEqual(direct.shown(expectedAnswer(one, call.method, mode)));
    });
  });
}

/** A line with indices of its own and the ids that it was given. */
class Side {
  private kept = '';
  private readonly ids: string[] = [];

  constructor(
    readonly line: Line,
    private readonly letter: string,
  ) {}

  async send(call: ApiCall, authorization: string): Promise<WireAnswer> {
    const answer = await this.line.send(wireRequest(call, this.letter, this.kept, authorization));
    const [, id] = call.keeps?.exec(plainText(answer.body)) ?? [];
    if (call.keeps && id === undefined) throw new Error(`no id in ${plainText(answer.body)}`);
    if (id !== undefined) {
      this.kept = id;
      this.ids.push(id);
    }
    return answer;
  }

  /** What both lines have to have in common: names and ids that only one of them has are masked, by as many characters. */
  shown(parts: AnswerParts): ReturnType<typeof shownAnswer> {
    const names = new RegExp(`(cities|logs|none|dotted)-${this.letter}`, 'g');
    const masked = (text: string) =>
      this.ids
        .reduce((rest, id) => rest.replaceAll(id, '@'.repeat(id.length)), text.replaceAll(names, '$1-@'))
        .replaceAll(/("index_uuid":"|\[cities-@\/)[\w-]{22}/g, `$1${'@'.repeat(22)}`);
    const shown = shownAnswer(parts);
    const fields = shown.fields.map((field) => field.map(masked));
    return { ...shown, fields, body: masked(shown.body) };
  }
}

const matching = (wanted: string | RegExp = '') =>
  typeof wanted === 'string' ? expect.stringContaining(wanted) : expect.stringMatching(wanted);
