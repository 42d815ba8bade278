export { type Echo, startEchoOrigin } from './echo';
export { type KibanaStandInOptions, startKibanaStandIn } from './kibana';
export { assetCount } from './kibana-assets';
export type { Origin, OriginOptions } from './origin-server';
