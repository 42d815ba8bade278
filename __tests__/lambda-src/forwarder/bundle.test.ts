import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import { bundleLambda } from '../../../constructs/lambda-bundle';
import { makeCertificateAuthority } from '../../certificates';
import { describeWith } from '../../requirements';

describeWith(['openssl'], 'the zip that Lambda gets', () => {
  const { bytes } = bundleLambda(join(__dirname, '../../../lambda-src/forwarder/index.ts'));
  let folder: string;
  let environment: Record<string, string>;
  beforeAll(() => {
    const authority = makeCertificateAuthority();
    environment = {
      SERVICE: 'search',
      ORIGIN_ADDRESSES: '127.0.0.1',
      ORIGIN_PORT: '9200',
      ORIGIN_SERVER_NAME: 'search.searchgate.internal',
      ORIGIN_CA: authority.certificate,
    };
    authority.remove();
    folder = mkdtempSync(join(tmpdir(), 'searchgate-bundle-'));
    for (const [name, content] of Object.entries(unzipSync(bytes))) writeFileSync(join(folder, name), content);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const run = (script: string, more: Record<string, string> = {}) =>
    execFileSync(process.execPath, ['-e', script], {
      cwd: folder,
      env: { ...environment, ...more },
      encoding: 'utf8',
      stdio: 'pipe',
    });
  /** Node's own modules that loading the function loads. */
  const loaded = (more: Record<string, string> = {}) =>
    run(
      `const { Module } = require('node:module'); const load = Module._load; const names = [];
       Module._load = function (name) { names.push(name); return load.apply(this, arguments); };
       require('./index.js'); console.log(names.slice(1).join());`,
      more,
    )
      .trim()
      .split(',')
      .sort();

  it('is under 15 KB and holds one file', () => {
    expect(bytes.length).toBeLessThan(15_000);
    expect(Object.keys(unzipSync(bytes))).toEqual(['index.js']);
  });

  it('has a handler for either mode, the streaming one made by the runtime', () => {
    const script = `globalThis.awslambda = { streamifyResponse: (handler) => Object.assign(handler, { streamed: true }) };
      const { streaming, buffered } = require('./index.js');
      console.log(typeof streaming, streaming.streamed, streaming.length, typeof buffered, buffered.length);`;
    expect(run(script).trim()).toBe('function true 3 function 2');
  });

  it('loads what a request needs, and nothing else', () => {
    expect([...new Set(loaded())]).toEqual(['node:buffer', 'node:https', 'node:net', 'node:tls']);
  });

  it('loads what unpacks bodies where debug is on', () => {
    expect(loaded({ DEBUG: 'true' })).toEqual(expect.arrayContaining(['node:zlib']));
  });

  it('is not to be loaded without an authority', () => {
    expect(() => run("require('./index.js')", { ORIGIN_CA: '' })).toThrow('ORIGIN_CA is missing');
  });
});
