// What a user would write by hand on another client: a class for the principal.

export class Principal {
  constructor(body) {
    this.iss = body.iss;
    this.aud = body.aud;
    this.sub = body.sub;
    this.iat = body.iat;
    this.nbf = body.nbf;
    this.exp = body.exp;
    this.jti = body.jti;
    this.token = body.token;
    this.userVerified = body.userVerified;
    this.authType = body.authType;
    this.authId = body.authId;
    this.givenName = body.givenName;
    this.familyName = body.familyName;
    this.email = body.email;
    this.emailVerified = body.emailVerified;
  }
}

/** A status other than success is an error, as it would be with any client. */
export function checked(status) {
  if (status !== 200) {
    throw new Error(`status ${status}`);
  }
}
