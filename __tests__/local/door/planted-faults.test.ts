import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { checks } from './checks';
import { DoorRig, type OpenDoor } from './gateway';

const sources = join(__dirname, '../../../local');

/** A fault: what stands in a source, what is put in its place, and the promise that this has to break. */
interface PlantedFault {
  file: string;
  original: string;
  fault: string;
  breaks: keyof typeof checks;
}

const faults: Record<string, PlantedFault> = {
  'a policy that nobody asks': {
    file: 'door/admission.ts',
    original: "if (verdict === 'allowed') return;",
    fault: 'return;',
    breaks: 'a stranger is refused',
  },
  'X-Forwarded-For believed': {
    file: 'door/admission.ts',
    original: 'const sourceIp = sourceAddress(',
    fault: "const sourceIp = valuesOf(given, 'x-forwarded-for')[0] ?? sourceAddress(",
    breaks: 'nobody becomes a friend by X-Forwarded-For',
  },
  'a validator that nobody asks': {
    file: 'door/admission.ts',
    original: 'if (missing.length === 0) return;',
    fault: 'return;',
    breaks: 'a required header is required',
  },
  'a bucket without a bottom': {
    file: 'door/token-bucket.ts',
    original: 'this.tokens -= 1;',
    fault: '',
    breaks: 'more than the burst is throttled',
  },
  'any host name': {
    file: 'door/admission.ts',
    original: '.filter(({ domainName }) => domainName === name)',
    fault: '.filter(() => name !== undefined)',
    breaks: 'another host name leads nowhere',
  },
  'a path through a URL parser': {
    file: 'door/request-target.ts',
    original: 'return { path: path ===',
    fault:
      "return { ...{ query: readQuery(query), authority }, path: new URL(path, 'http://x').pathname }; return { path: path ===",
    breaks: 'a path stays as the client wrote it',
  },
  'a query as it came': {
    file: 'door/request-target.ts',
    original: ".replaceAll('+', ' ')",
    fault: '',
    breaks: 'a query is decoded',
  },
  'cookies merged into one': {
    file: 'door/proxy-result.ts',
    original: 'return values.map((value) => [name, textOf(name, value)] as const);',
    fault: "return [[name, values.join(', ')] as const];",
    breaks: 'every cookie arrives by itself',
  },
  'WWW-Authenticate let through': {
    file: 'door/header-fields.ts',
    original: "  'user-agent',\n  'www-authenticate',",
    fault: "  'user-agent',",
    breaks: 'a function can not make a browser ask for a password',
  },
  'unknown keys overlooked': {
    file: 'door/proxy-result.ts',
    original: 'if (unknown.length > 0)',
    fault: 'if (false)',
    breaks: 'a result with an unknown key is refused',
  },
  'a failure told to the client': {
    file: 'door/integration.ts',
    original: 'return new Refusal(occasions.functionFailed, undefined, { cause: error });',
    fault: 'return new Refusal(occasions.functionFailed, error.message);',
    breaks: 'a client learns nothing of a failure',
  },
  'an error trailer overlooked': {
    file: 'lambda/runtime-api.ts',
    original: 'if (type === undefined) done();',
    fault: 'if (true) done();',
    breaks: 'an answer that breaks off never looks complete',
  },
  'a prelude without its end': {
    file: 'door/proxy-result.ts',
    original: "throw malformed('no 8 NUL bytes within the first 16 KB');",
    fault: 'return { status: 200, fields: [] };',
    breaks: 'a stream without a prelude is refused',
  },
  'a connection left open': {
    file: 'lambda/runtime-api.ts',
    original: 'else socket.destroy();',
    fault: '',
    breaks: 'a function learns that its client has left',
  },
};

describe('a fault planted in the door', () => {
  const rig = new DoorRig();
  const ours = rig.implementation;
  const base = mkdtempSync(join(tmpdir(), 'searchgate-planted-'));
  beforeAll(() => bundle(join(sources, 'process-group.ts'), join(base, 'process-group.js')));
  afterAll(async () => {
    await rig.stop();
    rmSync(base, { recursive: true, force: true });
  });

  it.each(Object.entries(faults))('%s breaks its promise', async (_name, { file, original, fault, breaks }) => {
    const text = readFileSync(join(sources, file), 'utf8');
    expect(text.split(original)).toHaveLength(2); // stands there, and once
    rig.implementation = ours;
    await checks[breaks](rig);
    rig.implementation = await planted(
      file,
      text.replace(original, () => fault),
    );
    await expect(checks[breaks](rig)).rejects.toThrow();
  });

  /** The door's sources, one of them changed, as a bundle of its own. */
  async function planted(file: string, text: string): Promise<OpenDoor> {
    const folder = mkdtempSync(join(base, 'door-'));
    for (const part of ['door', 'lambda']) cpSync(join(sources, part), join(folder, part), { recursive: true });
    writeFileSync(join(folder, file), text);
    cpSync(join(sources, 'lambda/bootstrap.cjs'), join(folder, 'bootstrap.cjs'));
    await bundle(join(folder, 'door/door.ts'), join(folder, 'planted.js'));
    return createRequire(join(folder, 'index.js'))('./planted.js').openDoor;
  }
});

/** The one that ends processes is shared: it listens for the end of this process, and once is enough. */
async function bundle(entry: string, outfile: string): Promise<void> {
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    format: 'cjs',
    platform: 'node',
    external: ['../process-group'],
    nodePaths: [join(sources, '../node_modules')],
    logLevel: 'silent',
  });
}
