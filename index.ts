// What the package exports.
export * from './constructs';
export * from './patterns';
