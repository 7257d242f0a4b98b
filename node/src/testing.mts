export {
  Emulator,
  type EmulatorBehaviour,
  EmulatorError,
  type EmulatorFault,
  type EmulatorOptions,
  type EmulatorUser,
  type FaultRule,
  type IssuedToken,
  type JournalEntry,
  type NewToken,
  type NewUser,
  startEmulator,
} from "./testing.js";
