export { type Door, type DoorLogLine, type DoorOptions, openDoor } from './door';
export type { GatewayModel, TransferMode } from './model';
export { type EmulatorOptions, readGatewayFromEmulator } from './read-emulator';
export { readGatewayFromSynth, type SynthOptions } from './read-synth';
