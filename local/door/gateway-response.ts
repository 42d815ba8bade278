import { type ContextVariables, fillTemplate } from './context';
import type { GatewayResponse } from './model';
import type { Refusal } from './refusal';

/** An answer of the gateway's own. */
export interface OwnAnswer {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
}

/** How the service words it where the API does not. */
const serviceWording = '{"message":$context.error.messageString}';

/** The answer to a refused request: as the API words it, or its whole class, or as the service does. */
export function ownAnswer(
  responses: Readonly<Record<string, GatewayResponse>>,
  { occasion, message }: Refusal,
  context: ContextVariables,
): OwnAnswer {
  context['error.message'] = message;
  context['error.messageString'] = JSON.stringify(message);
  context['error.responseType'] = occasion.responseType;

  const response =
    occasion.responseType === undefined ? undefined : wordingFor(responses, occasion.responseType, occasion.status);
  const [mediaType, template] = preferred(response?.templates ?? {});
  const fields: [string, string][] = [
    ['Content-Type', mediaType],
    ['x-amzn-ErrorType', occasion.errorType],
  ];
  for (const [parameter, value] of Object.entries(response?.parameters ?? {})) {
    const name = parameter.replace(/^gatewayresponse\.header\./, '');
    const same = fields.findIndex(([other]) => other.toLowerCase() === name.toLowerCase());
    if (same >= 0) fields.splice(same, 1);
    fields.push([name, parameterValue(value, context)]);
  }
  return { status: response?.statusCode ?? occasion.status, headers: fields, body: fillTemplate(template, context) };
}

function wordingFor(
  responses: Readonly<Record<string, GatewayResponse>>,
  type: string,
  status: number,
): GatewayResponse | undefined {
  return responses[type] ?? responses[status < 500 ? 'DEFAULT_4XX' : 'DEFAULT_5XX'];
}

function preferred(templates: Readonly<Record<string, string>>): [string, string] {
  const json = templates['application/json'];
  if (json !== undefined) return ['application/json', json];
  return Object.entries(templates)[0] ?? ['application/json', serviceWording];
}

/** `'text'` is that text; `context.NAME` is a variable. */
function parameterValue(value: string, context: ContextVariables): string {
  if (value.startsWith("'")) return value.slice(1, -1);
  return value.startsWith('context.') ? (context[value.slice('context.'.length)] ?? '') : value;
}
