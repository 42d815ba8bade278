import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { TrialHost } from './trial-host';

/**
 * Replaces the AWS CLI of a trial host by one that keeps parameters as files below `parameters/` and gives and takes what the real one does; it takes metrics too.
 * @param store a folder that several hosts share, as they do Systems Manager; each has its own without it
 * @param given parameters that are there from the beginning, by name without the prefix.
 */
export function standInForParameters(
  host: TrialHost,
  given: Record<string, string>,
  store = join(host.root, 'parameters'),
): void {
  for (const [name, value] of Object.entries(given)) {
    mkdirSync(dirname(join(store, name)), { recursive: true });
    writeFileSync(join(store, name), value);
  }
  host.replace(
    'aws',
    `exec python3 - '${store}' "$@" << 'PYTHON'
import json, pathlib, sys
store, arguments = pathlib.Path(sys.argv[1]), sys.argv[2:]
if arguments[0] == "cloudwatch":
    sys.exit()
if arguments[1] == "put-parameter":
    path = arguments[arguments.index("--cli-input-json") + 1].removeprefix("file://")
    asked = json.load(open(path))
    file = store / asked["Name"].removeprefix("/searchgate/")
    if file.exists() and not asked["Overwrite"]:
        sys.exit("An error occurred (ParameterAlreadyExists)")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(asked["Value"])
else:
    names = arguments[arguments.index("--names") + 1:]
    if len(names) > 10:
        sys.exit("An error occurred (ValidationException)")
    files = {name: store / name.removeprefix("/searchgate/") for name in names}
    found = [{"Name": name, "Value": file.read_text()} for name, file in files.items() if file.exists()]
    if "Parameters[0].Value" in arguments:
        print(found[0]["Value"] if found else "None")
    elif "--query" in arguments:
        print(*(name for name, file in files.items() if not file.exists()))
    else:
        print(json.dumps({"Parameters": found, "InvalidParameters": [name for name, file in files.items() if not file.exists()]}))
PYTHON`,
  );
}

/** All that a deployment makes for a host, with values that stand for certificates. */
export const deployedParameters = {
  'certificates/ca': '-----BEGIN CERTIFICATE-----\nthe CA\n-----END CERTIFICATE-----\n',
  'certificates/node-0/certificate': 'the certificate of node-0\n',
  'certificates/node-0/key': 'the key of node-0\n',
  'certificates/kibana/certificate': 'the certificate of kibana\n',
  'certificates/kibana/key': 'the key of kibana\n',
};
