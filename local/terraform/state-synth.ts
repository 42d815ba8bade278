import { mkdirSync } from 'node:fs';
import { App } from 'cdktf';
import type { Settings } from '../../settings';
import { StateStack } from '../../stacks/state-stack';

/** The key under which a stack's state lies in the state bucket. */
export function stateKey(settings: Settings, stack: string): string {
  return `searchgate/${settings.name}/${stack}.tfstate`;
}

/** Synthesizes the state stack, which `main.ts` leaves out: its bucket has to be there before any other stack. */
export function synthesizeState(settings: Settings, outdir: string): void {
  mkdirSync(outdir, { recursive: true });
  const app = new App({ outdir });
  new StateStack(app, 'state', settings);
  app.synth();
}
