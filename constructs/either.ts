import { Fn, type IResolvable, Token } from 'cdktf';

/** One of two values: chosen here where the condition is known, by Terraform where it is not. */
export function either<Value>(condition: boolean | IResolvable, met: Value, otherwise: Value): Value | IResolvable {
  if (!isUnknown(condition)) return condition ? met : otherwise;
  const [first, second] = [met, otherwise].map((value) => (value === undefined ? Token.nullValue() : literal(value)));
  return Fn.conditional(condition, first, second);
}

/** Whether only Terraform knows a condition. */
export function isUnknown(condition: boolean | IResolvable): condition is IResolvable {
  return typeof condition !== 'boolean';
}

/** Texts in expressions need their quotes escaped, which CDKTF does for raw strings alone. */
function literal(value: unknown): unknown {
  if (typeof value === 'string') return Token.isUnresolved(value) ? value : Fn.rawString(value);
  if (typeof value !== 'object' || value === null || Token.isUnresolved(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, literal(each)]));
}
