import type { PolicyDocument } from './resource-policy';

/** How an integration hands an answer on. */
export type TransferMode = 'BUFFERED' | 'STREAM';

/** One service's REST API as plain data: all that a door needs to know. */
export interface GatewayModel {
  readonly apiName: string;
  readonly apiId: string;
  readonly accountId: string;
  readonly region: string;
  /** Host names that lead to the API. */
  readonly domains: readonly DomainMapping[];
  readonly stage: StageModel;
  /** Who may knock. @default everybody */
  readonly policy?: PolicyDocument;
  /** Media types whose bodies are bytes. */
  readonly binaryMediaTypes: readonly string[];
  readonly routes: readonly Route[];
  /** The API's own answers, by response type, such as `ACCESS_DENIED`. */
  readonly responses: Readonly<Record<string, GatewayResponse>>;
  readonly function: FunctionModel;
}

export interface DomainMapping {
  readonly domainName: string;
  /** The path below which the API lies, without slashes. @default '' the root */
  readonly basePath: string;
  /** @default the first segment of the path names the stage */
  readonly stage?: string;
}

export interface StageModel {
  readonly name: string;
  readonly variables: Readonly<Record<string, string>> | null;
  /** The access log's line, with `$context` variables. @default no access log */
  readonly accessLogFormat?: string;
}

/** A method on a resource. */
export interface Route {
  /** The resource's path, such as `/` or `/{proxy+}`. */
  readonly path: string;
  readonly resourceId: string;
  /** A method, or `ANY`. */
  readonly method: string;
  /** Headers without which the request is refused. */
  readonly requiredHeaders: readonly string[];
  /** Query parameters without which the request is refused. */
  readonly requiredQuery: readonly string[];
  /** @default the account's own limits, which a door does not have */
  readonly throttle?: Throttle;
  readonly transferMode: TransferMode;
  /** How long the function may take until its answer begins (streaming) or is there (buffered). */
  readonly timeoutMilliseconds: number;
}

export interface Throttle {
  /** Requests a second. */
  readonly rate: number;
  /** Requests. */
  readonly burst: number;
}

export interface GatewayResponse {
  /** @default the service's own status */
  readonly statusCode?: number;
  /** `gatewayresponse.header.NAME` to `'static value'` or `context.NAME`. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Media type to text with `$context` variables. */
  readonly templates: Readonly<Record<string, string>>;
}

/** The Lambda function behind every route. */
export interface FunctionModel {
  readonly name: string;
  readonly arn: string;
  /** `FILE.EXPORT` */
  readonly handler: string;
  readonly timeoutSeconds: number;
  /** MB. */
  readonly memory: number;
  /** Requests at once. @default the door's own limit */
  readonly reservedConcurrency?: number;
  readonly environment: Readonly<Record<string, string>>;
  /** The zip, where it is known. */
  readonly zipPath?: string;
  /** SHA-256 of the zip that is deployed, base64. A door does not serve another. */
  readonly codeSha256?: string;
}
