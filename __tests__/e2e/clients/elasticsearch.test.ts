import { describeWith } from '../../requirements';
import { apiSuite } from './api-suite';
import { curlSuite } from './curl-suite';
import { javascriptSuite } from './javascript-suite';
import { Place } from './place';
import { pythonSuite } from './python-suite';

describeWith(['java', 'maven', 'python', 'openssl'], 'real clients of a real Elasticsearch', () => {
  let place: Place;
  beforeAll(async () => {
    place = await Place.open();
  }, 600_000);
  afterAll(() => place?.close(), 60_000);

  apiSuite(() => place);
  javascriptSuite(() => place);
  pythonSuite(() => place);
  curlSuite(() => place);
});
