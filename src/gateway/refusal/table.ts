import type { Reason } from '../../policy/types.ts'

/**
 * What of the operator's detail the client may read too. `date`: the one date in it, which is the client's own certificate's;
 * `all`: it speaks of nothing but the request or the client's own certificate. Never roles, users or upstreams.
 */
export type Shown = 'nothing' | 'date' | 'all'

/** How one reason is answered. */
export interface RefusalRow {
  readonly status: number
  /** Where the log says more than the wire can: nginx's 496. */
  readonly logStatus?: number
  readonly title: string
  readonly detail: string
  /** What the person in front of it can do. */
  readonly advice: string
  readonly shows: Shown
  /** Seconds. */
  readonly retryAfter?: number
  /** The way in is a certificate, or another one than was shown: a page says how to install it. */
  readonly wantsCertificate?: boolean
}

const NEW_CERTIFICATE = 'Ask whoever runs this service for a new client certificate.'
const ASK = 'Ask whoever runs this service, and name the request id below.'
const CORRECT = 'Correct the request, or ask whoever maintains the program that sent it.'
const LATER = 'Try again in a moment.'

function certificate(title: string, detail: string, advice = NEW_CERTIFICATE, shows: Shown = 'nothing'): RefusalRow {
  return { status: 403, title, detail, advice, shows, wantsCertificate: advice === NEW_CERTIFICATE }
}

function request(status: number, title: string, detail: string): RefusalRow {
  return { status, title, detail, advice: CORRECT, shows: 'all' }
}

/** The one table from reason to status; nothing else picks one. */
const TABLE: Readonly<Record<Reason, RefusalRow>> = {
  certificate_expired: certificate('Client certificate expired', 'the client certificate has expired', NEW_CERTIFICATE, 'date'),
  certificate_not_yet_valid: certificate(
    'Client certificate not yet valid',
    'the client certificate is not valid yet',
    "Check this device's clock, or wait until the certificate is valid.",
    'date',
  ),
  certificate_unknown_issuer: {
    ...certificate(
      'Client certificate from an unknown issuer',
      'the client certificate was not issued by an authority that this service trusts',
      'Choose another certificate, or ask whoever runs this service for one.',
    ),
    wantsCertificate: true,
  },
  certificate_revoked: certificate('Client certificate revoked', 'the client certificate has been revoked'),
  certificate_disabled: certificate('Client certificate disabled', 'the client certificate has been disabled', ASK),
  certificate_not_registered: {
    ...certificate(
      'Client certificate not registered',
      'the client certificate is not registered with this service',
      'Choose another certificate, or ask whoever runs this service to register yours.',
    ),
    wantsCertificate: true,
  },
  certificate_status_unknown: certificate(
    'Client certificate status unknown',
    'whether the client certificate has been revoked cannot be established at the moment',
    ASK,
  ),
  certificate_wrong_purpose: certificate(
    'Client certificate for another purpose',
    'the certificate is not meant for client authentication',
  ),
  certificate_is_ca: certificate('Not a client certificate', 'a certificate of an authority cannot be used as a client certificate'),
  certificate_weak: certificate('Client certificate too weak', 'the key or signature of the client certificate is too weak'),
  certificate_invalid: certificate('Client certificate invalid', 'the client certificate could not be verified'),
  certificate_required: {
    status: 401,
    logStatus: 496,
    title: 'Client certificate required',
    detail: 'this service needs a client certificate, and none was presented',
    advice: 'Choose a certificate when the browser asks for one; with curl, add --cert and --key.',
    shows: 'nothing',
    wantsCertificate: true,
  },
  credentials_required: {
    status: 401,
    title: 'Authentication required',
    detail: 'this service needs a client certificate or a user name and password',
    advice: 'Send a client certificate, or sign in with your user name and password.',
    shows: 'nothing',
    wantsCertificate: true,
  },
  credentials_invalid: {
    status: 401,
    title: 'Authentication failed',
    detail: 'the user name or password is wrong',
    advice: 'Check the user name and password, and try again.',
    shows: 'nothing',
  },
  too_many_failures: {
    status: 429,
    title: 'Too many failed attempts',
    detail: 'there were too many failed attempts to authenticate',
    advice: 'Wait, and then try again with the right credentials.',
    shows: 'nothing',
    retryAfter: 60,
  },
  identity_unusable: { ...certificate('Identity unusable', 'the credentials are valid, but give no usable user name', ASK), shows: 'all' },
  identity_mismatch: certificate(
    'Identities do not match',
    'the client certificate and the password belong to different users',
    'Use the certificate and the password of the same user.',
  ),
  role_missing: certificate('Access denied', 'you are known here, but have no role that allows this request', ASK),
  method_not_allowed: certificate('Method not allowed here', 'this method is not allowed on this path', ASK),
  cross_site: certificate(
    'Cross-site request refused',
    'another web site caused this request, and it would change something',
    'Open this service directly instead of following a form or script of another site.',
  ),
  route_missing: {
    status: 404,
    title: 'Not found',
    detail: 'there is nothing at this path',
    advice: 'Check the address.',
    shows: 'nothing',
  },
  malformed_request: request(400, 'Malformed request', 'the request is malformed or ambiguous'),
  malformed_path: request(400, 'Malformed path', 'the path of the request is malformed or ambiguous'),
  expectation_failed: request(417, 'Expectation failed', 'the only expectation that is understood is 100-continue'),
  head_too_large: request(431, 'Request head too large', 'the request has too many or too large headers'),
  body_too_large: request(413, 'Request body too large', 'the request body is larger than this service takes'),
  request_timeout: request(408, 'Request timeout', 'the request did not arrive in time'),
  misdirected_request: request(421, 'Misdirected request', 'the Host of the request is not served under the name of this TLS connection'),
  upstream_refused: {
    status: 502,
    title: 'Service unreachable',
    detail: 'the service behind this gateway did not accept the connection',
    advice: ASK,
    shows: 'nothing',
  },
  upstream_failed: {
    status: 502,
    title: 'Bad answer from the service',
    detail: 'the service behind this gateway broke off or answered unreadably',
    advice: ASK,
    shows: 'nothing',
  },
  upstream_timeout: {
    status: 504,
    title: 'Service timeout',
    detail: 'the service behind this gateway did not answer in time',
    advice: LATER,
    shows: 'nothing',
  },
  overloaded: { status: 503, title: 'Overloaded', detail: 'the gateway is at its limit', advice: LATER, shows: 'nothing', retryAfter: 1 },
  registry_lost: {
    status: 503,
    title: 'Certificates cannot be checked',
    detail: 'the gateway cannot tell at the moment which certificates are still good',
    advice: LATER,
    shows: 'nothing',
    retryAfter: 10,
  },
  draining: {
    status: 503,
    title: 'Restarting',
    detail: 'the gateway is shutting down or restarting',
    advice: LATER,
    shows: 'nothing',
    retryAfter: 1,
  },
}

/** RFC 9110 and, for 421, 429 and 431, RFC 9110 section 15.5.20 and RFC 6585. */
const PHRASES: ReadonlyMap<number, string> = new Map([
  [400, 'Bad Request'],
  [401, 'Unauthorized'],
  [403, 'Forbidden'],
  [404, 'Not Found'],
  [408, 'Request Timeout'],
  [413, 'Content Too Large'],
  [417, 'Expectation Failed'],
  [421, 'Misdirected Request'],
  [429, 'Too Many Requests'],
  [431, 'Request Header Fields Too Large'],
  [502, 'Bad Gateway'],
  [503, 'Service Unavailable'],
  [504, 'Gateway Timeout'],
])

/** How a reason is answered. */
export function refusalRow(reason: Reason): RefusalRow {
  return TABLE[reason]
}

/** Every reason there is. */
export const REASONS: readonly Reason[] = Object.keys(TABLE) as Reason[]

export function reasonPhrase(status: number): string {
  return PHRASES.get(status) ?? ''
}

/** With hidden routes, what does not exist and what exists for others only look alike: the client is told `role_missing`. */
export function toldReason(reason: Reason, hideRoutes: boolean): Reason {
  return hideRoutes && (reason === 'route_missing' || reason === 'method_not_allowed') ? 'role_missing' : reason
}
