import { ShapeError, shapeOf } from '../modules/shape';
import { writeModules } from '../modules/write';
import { loadSettings } from '../settings';
import { elapsed, readFlags, runCommand, UserError } from './terminal';

const help = `
npm run modules: writes the parts as plain Terraform modules, with an example that wires them, to dist/modules/.

What there is comes from the settings and is fixed: zones, nodes, services, streaming or buffered, alarms, sleep. Everything else is
a variable of the modules, with the settings' defaults and limits. The example has the settings' values. The same settings and
sources always give the same bytes. Needs no AWS account and no Terraform.

  SEARCHGATE_SETTINGS=FILE   the settings (default settings/example.json)
  --output DIR               another folder than dist/modules; it is emptied first
`;

void runCommand(() => {
  const { values } = readFlags(help, { output: { type: 'string', default: 'dist/modules' } });
  const start = performance.now();
  const { settings, warnings } = loadSettings();
  for (const warning of warnings) console.error(`warning: ${warning}`);
  const folder = values.output ?? 'dist/modules';
  try {
    const written = writeModules(settings, folder);
    const width = Math.max(...written.map(({ path }) => path.length));
    for (const { path, resources } of written) console.log(`  ${path.padEnd(width)}  ${resources} resources`);
    const { zones, nodes, services, responseMode, alarms } = shapeOf(settings);
    console.log(
      `${folder}: ${zones} zones, ${nodes} ${nodes === 1 ? 'node' : 'nodes'}, ${services.map(({ name }) => name).join(' and ')}, ` +
        `${responseMode}, ${alarms ? 'with' : 'without'} alarms, ${elapsed(start)}. Next: cd ${folder}/example && terraform init`,
    );
    return 0;
  } catch (error) {
    if (error instanceof ShapeError) throw new UserError(error.message, { cause: error });
    throw error;
  }
});
