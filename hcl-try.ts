import { mkdirSync, writeFileSync } from 'node:fs';
import { App, Testing } from 'cdktf';
import { loadSettings } from './settings';
import { addDeployment } from './stacks/deployment';

const app = new App({ outdir: '/tmp/modx/out2' });
addDeployment(app, loadSettings('settings/example.json').settings);
for (const stack of app.node.children as never[]) {
  const name = (stack as any).node.id;
  try {
    const r = Testing.synthHcl(stack as any) ?? '';
    mkdirSync('/tmp/modx/hcl/' + name, { recursive: true });
    writeFileSync('/tmp/modx/hcl/' + name + '/main.tf', r);
  } catch (e) {
    console.log(name, String(e).slice(0, 200));
  }
}
