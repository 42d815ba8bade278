import { bufferedHandler } from './buffered';
import { readConfiguration } from './configuration';
import { Forwarder } from './forwarder';
import { streamingHandler } from './streaming';

type StreamingHandler = ReturnType<typeof streamingHandler>;

/** What Lambda's Node runtime puts there before it loads this file. */
declare const awslambda: { streamifyResponse(handler: StreamingHandler): unknown } | undefined;

const forwarder = new Forwarder(readConfiguration(process.env));

/** The handler for an integration with `response_transfer_mode` STREAM. */
export const streaming =
  typeof awslambda === 'undefined' ? undefined : awslambda.streamifyResponse(streamingHandler(forwarder));

/** The handler for an integration with `response_transfer_mode` BUFFERED. */
export const buffered = bufferedHandler(forwarder);
