//! What both Passlock transports share: TLS, proxy choice, bounded name resolution and the process environment.
