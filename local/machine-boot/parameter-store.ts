/** One parameter as Systems Manager keeps it. */
export interface Parameter {
  readonly type: 'String' | 'SecureString';
  readonly value: string;
  readonly version: number;
}

/** What a role may do: parameter names begin with one of these. */
export interface RoleRights {
  readonly read: readonly string[];
  readonly write: readonly string[];
  /** CloudWatch namespace that it may send metrics to. */
  readonly namespace: string;
}

export interface StoreAnswer {
  readonly status: number;
  readonly body: object;
}

/**
 * A stand-in for Systems Manager's parameter store, as far as a host uses it: GetParameters and PutParameter of the JSON protocol
 * (https://docs.aws.amazon.com/systems-manager/latest/APIReference/). It holds a caller to its rights, which emulators rarely do.
 */
export class ParameterStore {
  readonly parameters = new Map<string, Parameter>();
  /** Every call with the names that it is about, never a value. */
  readonly calls: string[] = [];
  /** How many calls from now on are refused as too many. */
  throttled = 0;

  constructor(readonly rights: RoleRights) {}

  /** @param target the header X-Amz-Target, as in `AmazonSSM.GetParameters`. */
  answer(target: string, input: Record<string, unknown>): StoreAnswer {
    const action = target.replace(/^AmazonSSM\./, '');
    const names = Array.isArray(input.Names) ? input.Names.map(String) : [String(input.Name)];
    this.calls.push(`${action} ${names.join(' ')}`);
    if (this.throttled > 0) {
      this.throttled--;
      return failure('ThrottlingException', 'Rate exceeded');
    }
    const allowed = action === 'PutParameter' ? this.rights.write : this.rights.read;
    const denied = names.find((name) => !allowed.some((prefix) => name.startsWith(prefix)));
    if (denied !== undefined)
      return failure('AccessDeniedException', `not authorized to perform ssm:${action} on ${denied}`);
    if (action === 'GetParameters') return this.getParameters(names, input.WithDecryption === true);
    if (action === 'PutParameter') return this.putParameter(input);
    return failure('UnknownOperationException', action);
  }

  private getParameters(names: string[], decrypt: boolean): StoreAnswer {
    if (names.length > 10) return failure('ValidationException', 'Member must have length less than or equal to 10');
    const found = names.flatMap((name) => {
      const parameter = this.parameters.get(name);
      if (parameter === undefined) return [];
      const { type, version, value } = parameter;
      const shown = type === 'SecureString' && !decrypt ? 'a ciphertext' : value;
      return [{ Name: name, Type: type, Value: shown, Version: version }];
    });
    return {
      status: 200,
      body: { Parameters: found, InvalidParameters: names.filter((name) => !this.parameters.has(name)) },
    };
  }

  private putParameter({ Name, Value, Type, Overwrite }: Record<string, unknown>): StoreAnswer {
    const name = String(Name);
    const value = String(Value);
    const before = this.parameters.get(name);
    if (before !== undefined && Overwrite !== true)
      return failure('ParameterAlreadyExists', 'The parameter already exists.');
    if (Buffer.byteLength(value) > 4096)
      return failure('ValidationException', 'Standard tier parameters support 4096 characters.');
    const version = (before?.version ?? 0) + 1;
    this.parameters.set(name, { type: Type === 'SecureString' ? 'SecureString' : 'String', value, version });
    return { status: 200, body: { Version: version, Tier: 'Standard' } };
  }
}

function failure(code: string, message: string): StoreAnswer {
  return { status: 400, body: { __type: code, message } };
}
