import { readFileSync } from 'node:fs';
import type { z } from 'zod';
import { isBurstable } from './constructs/instance-types';
import { contradictions, warnings } from './settings/contradictions';
import { listMistakes, type Mistake } from './settings/mistakes';
import { settingsSchema } from './settings/schema';

type Parsed = z.output<typeof settingsSchema>;

/** A service with its defaults filled in. */
export type ServiceSettings = Parsed['services'][number] & {
  port: number;
  subdomain: string;
  requireAuthorization: boolean;
};

/** One deployment's settings, checked, with every default filled in. Units as in docs/settings.md. */
export type Settings = Omit<Parsed, 'services' | 'state' | 'host' | '$schema'> & {
  services: ServiceSettings[];
  state: Parsed['state'] & { bucket: string; region: string };
  host: Parsed['host'] & { cpuCredits: 'standard' | 'unlimited' | undefined };
};

/** Thrown when settings cannot be used; holds every mistake, not just the first. */
export class SettingsError extends Error {
  constructor(
    readonly source: string,
    readonly mistakes: readonly Mistake[],
  ) {
    const count = mistakes.length === 1 ? '1 mistake' : `${mistakes.length} mistakes`;
    const lines = mistakes.map(({ path, given, allowed }) =>
      [`  ${path}`, ...(given === undefined ? [] : [`    given:   ${given}`]), `    allowed: ${allowed}`].join('\n'),
    );
    super(`${source}: ${count}\n\n${lines.join('\n\n')}\n`);
    this.name = 'SettingsError';
  }
}

function isIpv6(cidr: string): boolean {
  return cidr.includes(':');
}

const defaultPorts = { elasticsearch: 9200, kibana: 5601, custom: undefined };

/**
 * Checks settings and fills in the defaults.
 *
 * @param input what the file holds, parsed
 * @param source how errors name it, usually the file's path
 * @throws SettingsError with every mistake at once
 */
export function readSettings(input: unknown, source = 'settings'): { settings: Settings; warnings: string[] } {
  const result = settingsSchema.safeParse(input, { reportInput: true });
  const mistakes = [
    ...(result.success ? [] : listMistakes(result.error, settingsSchema, input)),
    ...contradictions(input),
  ];
  if (!result.success || mistakes.length > 0) throw new SettingsError(source, mistakes);
  const { $schema: _, ...parsed } = result.data;
  const settings: Settings = {
    ...parsed,
    state: {
      ...parsed.state,
      bucket:
        parsed.state.bucket ??
        `${parsed.name}-state-${parsed.domain.name.replaceAll('.', '-')}`.slice(0, 63).replace(/-+$/, ''),
      region: parsed.state.region ?? parsed.region,
    },
    host: {
      ...parsed.host,
      cpuCredits: parsed.host.cpuCredits ?? (isBurstable(parsed.host.instanceType) ? 'unlimited' : undefined),
    },
    services: parsed.services.map((entry) => ({
      ...entry,
      allowedCidrs:
        entry.allowedCidrs.includes('0.0.0.0/0') && !entry.allowedCidrs.some(isIpv6)
          ? [...entry.allowedCidrs, '::/0']
          : entry.allowedCidrs,
      port: entry.port ?? defaultPorts[entry.origin] ?? 0,
      subdomain: entry.subdomain ?? entry.name,
      requireAuthorization: entry.requireAuthorization ?? entry.origin === 'elasticsearch',
    })),
  };
  return { settings, warnings: warnings(settings) };
}

/**
 * Reads the settings file that SEARCHGATE_SETTINGS names, or `settings/example.json`.
 *
 * @throws SettingsError when the file is missing, is no JSON, or holds mistakes
 */
export function loadSettings(file = process.env.SEARCHGATE_SETTINGS || 'settings/example.json'): {
  settings: Settings;
  warnings: string[];
} {
  let content: string;
  try {
    content = readFileSync(file, 'utf8');
  } catch (error) {
    throw new SettingsError(file, [
      {
        path: 'SEARCHGATE_SETTINGS',
        given: JSON.stringify(file),
        allowed: `the path of a settings file (${reason(error)})`,
      },
    ]);
  }
  let input: unknown;
  try {
    input = JSON.parse(content.replace(/^\uFEFF/, '')); // editors on Windows write a byte order mark
  } catch (error) {
    throw new SettingsError(file, [{ path: '(the whole file)', given: undefined, allowed: `JSON (${reason(error)})` }]);
  }
  return readSettings(input, file);
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
