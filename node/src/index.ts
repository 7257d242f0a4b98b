// The one implementation is this CommonJS module. `index.mts` hands its exports to `import`, so that code that mixes both
// module systems still has one set of classes.

export { DEFAULT_ENDPOINT, Passlock, type PasslockClient, V1_ENDPOINT } from "./client.js";
export {
  ApiError,
  BadRequestError,
  type ClaimName,
  ClaimsError,
  ConfigError,
  type ErrorCode,
  type ErrorFields,
  ForbiddenError,
  InternalError,
  InvalidInputError,
  type LimitName,
  NotFoundError,
  type OperationName,
  PasslockConnectionError,
  PasslockError,
  PasslockTimeoutError,
  ProtocolError,
  RateLimitedError,
  ServerError,
  UnauthorizedError,
} from "./errors.js";
export { type AuthType, Principal, type PrincipalFields, User, type UserFields } from "./models.js";
export type { CallOptions, ExchangeOptions, PasslockOptions, UserUpdate } from "./options.js";
