export * from './certificates';
export * from './gateway';
export * from './hosts';
export * from './network';
export * from './power';
export * from './storage';
