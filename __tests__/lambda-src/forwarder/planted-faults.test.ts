import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { describeWith } from '../../requirements';
import { checks } from './checks';
import { type Implementation, Rig } from './rig';

const sources = join(__dirname, '../../../lambda-src/forwarder');

/** A fault: what stands in a source, what is put in its place, and the promise that this has to break. */
interface PlantedFault {
  file: string;
  original: string;
  fault: string;
  breaks: keyof typeof checks;
}

const faults: Record<string, PlantedFault> = {
  'a decoded path': {
    file: 'target.ts',
    original: 'return escaped(rooted.slice(',
    fault: 'return decodeURIComponent(rooted.slice(',
    breaks: 'a document id with an encoded slash stays one path segment',
  },
  'cookies merged into one, streamed': {
    file: 'streaming.ts',
    original: '&& { cookies })',
    fault: "&& { cookies: [cookies.join(', ')] })",
    breaks: 'every cookie arrives by itself',
  },
  'cookies merged into one, buffered': {
    file: 'buffered.ts',
    original: "'set-cookie': cookies }",
    fault: "'set-cookie': [cookies.join(', ')] }",
    breaks: 'every cookie arrives by itself',
  },
  'a prelude that goes out with a body only': {
    file: 'streaming.ts',
    original: 'out.end(head);',
    fault: 'if (first) out.end(head); else out.end();',
    breaks: 'an answer without a body keeps its status and its headers',
  },
  'a certificate that nobody checks': {
    file: 'origin.ts',
    original: 'rejectUnauthorized: true',
    fault: 'rejectUnauthorized: false',
    breaks: 'a host that another authority vouches for gets no request',
  },
  'a kept connection that is used before it is looked at': {
    file: 'exchange.ts',
    original: 'setImmediate(() => setImmediate(attempt, first, true))',
    fault: 'attempt(first, true)',
    breaks: "an answer that nobody asked for is nobody's answer, and ends the connection",
  },
  'a retry of everything': {
    file: 'exchange.ts',
    original: '(outgoing.idempotent || failed.nothingSent())',
    fault: 'true',
    breaks: 'a write is never sent twice',
  },
};

describeWith(['openssl'], 'a fault planted in the forwarder', () => {
  let rig: Rig;
  beforeAll(() => {
    rig = Rig.start();
  });
  afterAll(() => rig.stop());

  it.each(Object.entries(faults))('%s breaks its promise', async (_name, { file, original, fault, breaks }) => {
    const text = readFileSync(join(sources, file), 'utf8');
    expect(text.split(original)).toHaveLength(2); // stands there, and once
    rig.implementation = await bundled({});
    await checks[breaks](rig);
    rig.implementation = await bundled({ [file]: text.replace(original, () => fault) });
    await expect(checks[breaks](rig)).rejects.toThrow();
  });
});

/** The forwarder's sources, some of them changed, as a bundle of its own. */
async function bundled(changed: Record<string, string>): Promise<Implementation> {
  const folder = mkdtempSync(join(tmpdir(), 'searchgate-planted-'));
  try {
    cpSync(sources, folder, { recursive: true });
    for (const [file, text] of Object.entries(changed)) writeFileSync(join(folder, file), text);
    const parts = ['forwarder', 'log', 'streaming', 'buffered'];
    await build({
      stdin: { contents: parts.map((part) => `export * from './${part}';`).join('\n'), resolveDir: folder },
      bundle: true,
      format: 'cjs',
      platform: 'node',
      outfile: join(folder, 'planted.js'),
      logLevel: 'silent',
    });
    return createRequire(join(folder, 'index.js'))('./planted.js');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
